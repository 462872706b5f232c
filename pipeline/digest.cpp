#include "pipeline/digest.h"

#include "pipeline/hex.h"

#include <openssl/evp.h>

#include <memory>
#include <new>

namespace sightingd {

namespace {

// EVP_sha256() is looked up by its name at every use; this is looked up once.
const EVP_MD* algorithm() {
  static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> fetched(
      EVP_MD_fetch(nullptr, "SHA256", nullptr), &EVP_MD_free);
  return fetched.get();
}

}  // namespace

Sha256 sha256(std::string_view head, std::string_view tail) {
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
      EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  Sha256 digest;
  if (!context || EVP_DigestInit_ex(context.get(), algorithm(), nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), head.data(), head.size()) != 1 ||
      EVP_DigestUpdate(context.get(), tail.data(), tail.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), digest.bytes.data(), nullptr) != 1) {
    throw std::bad_alloc();  // SHA-256 of memory fails for no other reason.
  }
  return digest;
}

std::string to_hex(const Sha256& digest) { return hex_of(digest.bytes); }

std::optional<Sha256> sha256_from_hex(std::string_view hex) {
  Sha256 digest;
  if (!read_hex(hex, digest.bytes)) {
    return std::nullopt;
  }
  return digest;
}

std::string_view as_text(const Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

std::array<char, 26> base32_prefix(const Sha256& digest) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::array<char, 26> text{};
  unsigned buffer = 0;
  unsigned bits = 0;
  std::size_t next = 0;
  for (char& character : text) {
    if (bits < 5) {
      buffer = (buffer << 8U) | digest.bytes[next++];
      bits += 8;
    }
    bits -= 5;
    character = kAlphabet[(buffer >> bits) & 31U];
  }
  return text;
}

}  // namespace sightingd
