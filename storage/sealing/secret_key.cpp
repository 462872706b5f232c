#include "storage/sealing/secret_key.h"

#include <sodium.h>

#include <algorithm>
#include <new>
#include <stdexcept>

namespace sightingd {
namespace {

constexpr char kContext[crypto_kdf_CONTEXTBYTES + 1] = "sightngd";

static_assert(SecretKey::kSize == crypto_kdf_KEYBYTES);

}  // namespace

void ready_cryptography() {
  if (sodium_init() < 0) {
    throw std::runtime_error("libsodium cannot be used on this machine");
  }
}

SecretKey SecretKey::random() {
  ready_cryptography();
  SecretKey key;
  randombytes_buf(key.bytes_.data(), key.bytes_.size());
  return key;
}

std::optional<SecretKey> SecretKey::of(std::string_view bytes) {
  if (bytes.size() != kSize) {
    return std::nullopt;
  }
  SecretKey key;
  std::ranges::copy(bytes, key.bytes_.begin());
  return key;
}

SecretKey::~SecretKey() { sodium_memzero(bytes_.data(), bytes_.size()); }

SecretKey SecretKey::derived(std::uint64_t purpose) const {
  SecretKey key;
  // Fails for lengths that are not these only.
  static_cast<void>(crypto_kdf_derive_from_key(key.bytes_.data(), key.bytes_.size(), purpose,
                                               kContext, bytes_.data()));
  return key;
}

void* locked::allocate(std::size_t size) {
  ready_cryptography();
  void* const memory = sodium_malloc(size);
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  return memory;
}

void locked::release(void* memory) { sodium_free(memory); }

}  // namespace sightingd
