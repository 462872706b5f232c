#pragma once

#include "pipeline/result.h"
#include "storage/sealing/secret_key.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// Who made a signature: 32 bytes, printed as 64 lower-case hex digits. Not secret.
struct PublicKey {
  std::array<std::uint8_t, 32> bytes{};

  std::string hex() const;
  /// Nothing unless there are 64 hex digits.
  static std::optional<PublicKey> of_hex(std::string_view hex);

  friend bool operator==(const PublicKey&, const PublicKey&) = default;
};

inline constexpr std::size_t kSignatureSize = 64;

/// Whether the owner of `key` signed `message` for this `purpose`.
bool is_signed(const PublicKey& key, std::string_view purpose, std::string_view message,
               std::string_view signature);

/// Signs what others are to check without the store: Ed25519 (RFC 8032, as in libsodium), made once
/// for a store (storage/store_keys.h). Safe to use from any thread.
class SigningKey {
 public:
  /// From the 32 bytes that it is kept as.
  explicit SigningKey(const SecretKey& seed);

  const PublicKey& public_key() const { return public_key_; }
  /// kSignatureSize bytes. `purpose`, without a zero byte, is signed along, so that what is signed
  /// for one use is worth nothing for another.
  std::string sign(std::string_view purpose, std::string_view message) const;

 private:
  struct Secret {
    std::array<std::uint8_t, 64> bytes{};
  };
  std::unique_ptr<Locked<Secret>> secret_;
  PublicKey public_key_;
};

}  // namespace sightingd
