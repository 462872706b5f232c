#include "storage/sealing/seal.h"

#include <sodium.h>

#include <array>
#include <atomic>
#include <cstring>

namespace sightingd::sealing {
namespace {

static_assert(kNonceSize == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
static_assert(kTagSize == crypto_aead_xchacha20poly1305_ietf_ABYTES);
static_assert(SecretKey::kSize == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

using Nonce = std::array<unsigned char, kNonceSize>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text, std::size_t from) {
  return reinterpret_cast<unsigned char*>(text.data()) + from;
}

/// 128 random bits for this process, and a number: the system is asked for randomness once, not
/// with every row.
Nonce next_nonce() {
  static const auto beginning = [] {
    ready_cryptography();
    Nonce nonce{};
    randombytes_buf(nonce.data(), nonce.size() - sizeof(std::uint64_t));
    return nonce;
  }();
  static std::atomic<std::uint64_t> count{0};
  Nonce nonce = beginning;
  const std::uint64_t number = count.fetch_add(1, std::memory_order_relaxed);
  std::memcpy(nonce.data() + nonce.size() - sizeof(number), &number, sizeof(number));
  return nonce;
}

std::string bound(std::uint8_t mark, std::string_view place) {
  std::string text;
  text.reserve(1 + place.size());
  text.push_back(static_cast<char>(mark));
  text.append(place);
  return text;
}

}  // namespace

std::string seal(const SecretKey& key, std::uint8_t mark, std::string_view place,
                 std::string_view value) {
  const Nonce nonce = next_nonce();
  const std::string additional = bound(mark, place);
  std::string sealed(kOverhead + value.size(), '\0');
  sealed[0] = static_cast<char>(mark);
  std::memcpy(sealed.data() + 1, nonce.data(), nonce.size());
  // Fails for values of 256 GiB only.
  static_cast<void>(crypto_aead_xchacha20poly1305_ietf_encrypt(
      bytes(sealed, 1 + kNonceSize), nullptr, bytes(value), value.size(), bytes(additional),
      additional.size(), nullptr, nonce.data(), key.data()));
  return sealed;
}

std::optional<std::uint8_t> mark_of(std::string_view sealed) {
  if (sealed.empty()) {
    return std::nullopt;
  }
  return static_cast<std::uint8_t>(sealed.front());
}

bool open(const SecretKey& key, std::string_view place, std::string_view sealed,
          std::string& value) {
  value.clear();
  if (sealed.size() < kOverhead) {
    return false;
  }
  const std::string additional = bound(static_cast<std::uint8_t>(sealed.front()), place);
  const std::string_view nonce = sealed.substr(1, kNonceSize);
  const std::string_view content = sealed.substr(1 + kNonceSize);
  value.resize(content.size() - kTagSize);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          bytes(value, 0), nullptr, nullptr, bytes(content), content.size(), bytes(additional),
          additional.size(), bytes(nonce), key.data()) != 0) {
    value.clear();
    return false;
  }
  return true;
}

}  // namespace sightingd::sealing
