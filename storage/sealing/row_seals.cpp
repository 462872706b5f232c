#include "storage/sealing/row_seals.h"

#include "pipeline/wipe.h"
#include "storage/sealing/seal.h"

#include <utility>

namespace sightingd {
namespace {

// Marks: the format of a record in clear is below them all (record.cpp).
constexpr std::uint8_t kSealed = 0x80;        // By the ring's key of the generation added to it.
constexpr std::uint8_t kByDataKey = kSealed;  // There is no generation 0.
constexpr std::uint8_t kGenerations = 0x7F;

std::string place_of(Column column, std::string_view key) {
  std::string place;
  place.reserve(1 + key.size());
  place.push_back(static_cast<char>(column));
  place.append(key);
  return place;
}

/// A place that no row has: columns are numbered from 0.
std::string place_of_file(std::string_view name) { return "\xff" + std::string(name); }

}  // namespace

RowSeals::RowSeals(KeyRing ring) : ring_(std::make_shared<const KeyRing>(std::move(ring))) {}

std::shared_ptr<const KeyRing> RowSeals::ring() const {
  const std::lock_guard lock(mutex_);
  return ring_;
}

void RowSeals::set_ring(KeyRing ring) {
  auto next = std::make_shared<const KeyRing>(std::move(ring));
  const std::lock_guard lock(mutex_);
  ring_.swap(next);
}

std::string RowSeals::seal(Column column, std::string_view key, std::string_view value) const {
  const auto ring = this->ring();
  return sealing::seal(ring->newest(),
                       static_cast<std::uint8_t>(kSealed | ring->newest_generation()),
                       place_of(column, key), value);
}

std::string RowSeals::seal(const SecretKey& data_key, Column column, std::string_view key,
                           std::string_view value) const {
  return sealing::seal(data_key, kByDataKey, place_of(column, key), value);
}

bool RowSeals::open(Column column, std::string_view key, std::string_view sealed,
                    std::string& value) const {
  const std::uint8_t mark = sealing::mark_of(sealed).value_or(0);
  if (mark < kSealed) {
    return open_clear(sealed, value);
  }
  const auto ring = this->ring();
  const SecretKey* const used = ring->find(mark & kGenerations);
  return used != nullptr && sealing::open(*used, place_of(column, key), sealed, value);
}

bool RowSeals::open(const SecretKey& data_key, Column column, std::string_view key,
                    std::string_view sealed, std::string& value) const {
  const std::uint8_t mark = sealing::mark_of(sealed).value_or(0);
  if (mark != kByDataKey) {
    return open(column, key, sealed, value);
  }
  return sealing::open(data_key, place_of(column, key), sealed, value);
}

std::string RowSeals::wrap(const KeyOwner& owner, const SecretKey& key) const {
  return seal(Column::Keys, owner.text(), key.bytes());
}

std::optional<SecretKey> RowSeals::unwrap(const KeyOwner& owner, std::string_view wrapped) const {
  std::string bytes;
  if (!open(Column::Keys, owner.text(), wrapped, bytes)) {
    return std::nullopt;
  }
  auto key = SecretKey::of(bytes);
  wipe(bytes);
  return key;
}

bool RowSeals::is_up_to_date(std::string_view sealed) const {
  const std::uint8_t mark = sealing::mark_of(sealed).value_or(0);
  return mark == kByDataKey || mark == (kSealed | ring()->newest_generation());
}

bool RowSeals::open_clear(std::string_view sealed, std::string& value) const {
  if (!ring()->has_clear_rows()) {
    return false;
  }
  value.assign(sealed);
  return true;
}

std::string sealing::seal_file(const SecretKey& data_key, std::string_view name,
                               std::string_view content) {
  return seal(data_key, kByDataKey, place_of_file(name), content);
}

bool sealing::open_file(const SecretKey& data_key, std::string_view name, std::string_view sealed,
                        std::string& content) {
  return mark_of(sealed) == kByDataKey && open(data_key, place_of_file(name), sealed, content);
}

bool sealing::is_sealed(std::string_view bytes) { return mark_of(bytes).value_or(0) >= kSealed; }

}  // namespace sightingd
