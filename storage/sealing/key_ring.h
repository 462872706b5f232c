#pragma once

#include "pipeline/result.h"
#include "storage/sealing/secret_key.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// The keys that seal the rows of a store. It lies in the store itself, sealed by the store key,
/// which is kept elsewhere.
///
/// There is one key, and a second one, the older, while a change of keys is under way. A ring also
/// knows whether the store is still being sealed for the first time, so that rows in clear are
/// among it; at any other time such a row is a forgery.
class KeyRing {
 public:
  /// A ring of one new key.
  static KeyRing make(bool has_clear_rows);

  /// Fails with Storage and a sentence: reason "key" when `store_key` is not the one that sealed
  /// `sealed`, "damaged" when it is and the seal is broken.
  static Result<KeyRing> open(std::string_view sealed, const SecretKey& store_key);

  std::string sealed_by(const SecretKey& store_key) const;

  const SecretKey& newest() const;
  /// 1 to 127.
  std::uint8_t newest_generation() const;
  /// Null when there is no key of this generation.
  const SecretKey* find(std::uint8_t generation) const;

  bool has_clear_rows() const { return has_clear_rows_; }
  /// Whether every row is sealed by the newest key, or will be once the store is told so.
  bool is_settled() const { return count_ == 1 && !has_clear_rows_; }

  /// This ring with one more, newer key. It must be settled.
  KeyRing renewed() const;
  /// This ring with nothing but the newest key.
  KeyRing settled() const;

 private:
  struct Entry {
    std::uint8_t generation = 0;
    SecretKey key;
  };
  static constexpr std::size_t kMostKeys = 2;
  using Entries = std::array<Entry, kMostKeys>;

  KeyRing() = default;
  void add(std::uint8_t generation, const SecretKey& key);

  Locked<Entries> entries_;  ///< The newest last.
  std::size_t count_ = 0;
  bool has_clear_rows_ = false;
};

/// Names a store key without giving it away: 16 lower-case hex digits.
std::string name_of_key(const SecretKey& store_key);

}  // namespace sightingd
