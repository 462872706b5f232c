#pragma once

#include "storage/columns.h"
#include "storage/sealing/secret_key.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// Whose key seals a row: one sighting's or one photo's. The key lies in Column::Keys and goes with
/// its owner, and then nothing that it sealed can be read any more, wherever a copy is left.
struct KeyOwner {
  static constexpr std::size_t kSize = 9;

  std::array<char, kSize> bytes{};

  /// The key of its row in Column::Keys.
  std::string_view text() const { return {bytes.data(), bytes.size()}; }

  friend bool operator==(const KeyOwner&, const KeyOwner&) = default;
};

/// Nothing when rows of this column have no key of their own.
std::optional<KeyOwner> owner_of(Column column, std::string_view key);
/// Whether its rows are their owners' records, with which the keys go.
bool is_owners_record(Column column);
KeyOwner owner_of_photo(std::uint64_t ordinal);

/// Keys that were used lately, in locked memory of a fixed size. Safe to use from any thread.
class KeyCache {
 public:
  std::optional<SecretKey> find(const KeyOwner& owner) const;
  void put(const KeyOwner& owner, const SecretKey& key);
  void drop(const KeyOwner& owner);

 private:
  static constexpr std::size_t kSlots = 4096;
  struct Slot {
    KeyOwner owner;
    SecretKey key;
  };
  /// Each owner has one slot, which it shares with others.
  static std::size_t slot_of(const KeyOwner& owner);

  mutable std::mutex mutex_;
  Locked<std::array<Slot, kSlots>> slots_;
};

}  // namespace sightingd
