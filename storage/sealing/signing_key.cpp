#include "storage/sealing/signing_key.h"

#include "pipeline/hex.h"

#include <sodium.h>

namespace sightingd {
namespace {

static_assert(SecretKey::kSize == crypto_sign_SEEDBYTES);
static_assert(sizeof(PublicKey) == crypto_sign_PUBLICKEYBYTES);
static_assert(kSignatureSize == crypto_sign_BYTES);

std::string bound(std::string_view purpose, std::string_view message) {
  std::string text(purpose);
  text.push_back('\0');
  text.append(message);
  return text;
}

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string PublicKey::hex() const { return hex_of(bytes); }

std::optional<PublicKey> PublicKey::of_hex(std::string_view hex) {
  PublicKey key;
  return read_hex(hex, key.bytes) ? std::optional(key) : std::nullopt;
}

bool is_signed(const PublicKey& key, std::string_view purpose, std::string_view message,
               std::string_view signature) {
  ready_cryptography();
  const std::string text = bound(purpose, message);
  return signature.size() == kSignatureSize &&
         crypto_sign_verify_detached(bytes(signature), bytes(text), text.size(),
                                     key.bytes.data()) == 0;
}

SigningKey::SigningKey(const SecretKey& seed) : secret_(std::make_unique<Locked<Secret>>()) {
  static_assert(sizeof(Secret) == crypto_sign_SECRETKEYBYTES);
  // Cannot fail.
  static_cast<void>(
      crypto_sign_seed_keypair(public_key_.bytes.data(), (*secret_)->bytes.data(), seed.data()));
}

std::string SigningKey::sign(std::string_view purpose, std::string_view message) const {
  const std::string text = bound(purpose, message);
  std::string signature(kSignatureSize, '\0');
  // Cannot fail.
  static_cast<void>(crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()),
                                         nullptr, bytes(text), text.size(),
                                         (*secret_)->bytes.data()));
  return signature;
}

}  // namespace sightingd
