#include "storage/sealing/data_keys.h"

#include <algorithm>

namespace sightingd {
namespace {

// The first byte of an owner; no owner has none, so an empty slot is nobody's.
constexpr char kSighting = 's';
constexpr char kPhoto = 'p';

}  // namespace

std::optional<KeyOwner> owner_of(Column column, std::string_view key) {
  constexpr std::size_t kOrdinal = KeyOwner::kSize - 1;
  const bool is_photo = column == Column::Photos || column == Column::Hashes;
  const bool ends_with_sighting = column == Column::Positions && key.size() > kOrdinal;
  const bool is_sighting = column == Column::Sightings && key.size() == kOrdinal;
  if (!ends_with_sighting && !is_sighting && !(is_photo && key.size() == kOrdinal)) {
    return std::nullopt;
  }
  KeyOwner owner;
  owner.bytes[0] = is_photo ? kPhoto : kSighting;
  std::ranges::copy(key.substr(key.size() - kOrdinal), owner.bytes.begin() + 1);
  return owner;
}

bool is_owners_record(Column column) {
  return column == Column::Sightings || column == Column::Photos;
}

KeyOwner owner_of_photo(std::uint64_t ordinal) {
  KeyOwner owner;
  owner.bytes[0] = kPhoto;
  for (std::size_t i = 1; i < owner.bytes.size(); ++i) {
    owner.bytes[i] = static_cast<char>(ordinal >> (8 * (owner.bytes.size() - 1 - i)));
  }
  return owner;
}

std::optional<SecretKey> KeyCache::find(const KeyOwner& owner) const {
  const std::lock_guard lock(mutex_);
  const Slot& slot = (*slots_)[slot_of(owner)];
  return slot.owner == owner ? std::optional(slot.key) : std::nullopt;
}

void KeyCache::put(const KeyOwner& owner, const SecretKey& key) {
  const std::lock_guard lock(mutex_);
  (*slots_)[slot_of(owner)] = {.owner = owner, .key = key};
}

void KeyCache::drop(const KeyOwner& owner) {
  const std::lock_guard lock(mutex_);
  Slot& slot = (*slots_)[slot_of(owner)];
  if (slot.owner == owner) {
    slot = Slot();
  }
}

std::size_t KeyCache::slot_of(const KeyOwner& owner) {
  // Ordinals that follow each other lie in slots that do, sightings in one half, photos in the
  // other.
  const auto low = static_cast<std::size_t>(static_cast<unsigned char>(owner.bytes[7])) << 8U |
                   static_cast<unsigned char>(owner.bytes[8]);
  return low % (kSlots / 2) + (owner.bytes[0] == kPhoto ? kSlots / 2 : 0);
}

}  // namespace sightingd
