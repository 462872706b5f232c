#include "storage/repair/rebuilding.h"

#include "pipeline/digest.h"
#include "pipeline/erasing.h"
#include "storage/encoding/keys.h"
#include "storage/encoding/record.h"

#include <algorithm>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace sightingd {
namespace {

namespace fs = std::filesystem;

/// Written at once.
constexpr std::size_t kMany = 256;

}  // namespace

Rebuilding::Rebuilding(const BareStore& damaged, const BareStore& built, const LookupHasher& hasher,
                       Counters& counters, TimePoint now)
    : damaged_(damaged),
      built_(built),
      application_(built.database, hasher, built.photos),
      counters_(counters),
      now_(now) {}

Result<void> Rebuilding::run() {
  counters_.living_sightings = 0;
  counters_.living_photos = 0;
  counters_.photo_bytes = 0;
  counters_.pending_images = 0;
  counters_.oldest_kept = 0;  // There are no tombstones.
  find_photos();
  if (auto rebuilt = rebuild_photos(); !rebuilt) {
    return rebuilt;
  }
  return rebuild_sightings();
}

void Rebuilding::find_photos() {
  for (std::uint64_t ordinal = 1; ordinal <= counters_.sighting; ++ordinal) {
    const auto known = read_sighting(ordinal);
    for (std::size_t i = 0; known && i < known->traces.size(); ++i) {
      if (known->sighting.images[i].status == ImageStatus::Stored) {
        shown_.insert(known->traces[i].photo);
      }
    }
  }
}

/// In order, so that those that others are copies of come first.
Result<void> Rebuilding::rebuild_photos() {
  for (const std::uint64_t ordinal : shown_) {
    if (auto rebuilt = rebuild_photo(ordinal); !rebuilt) {
      return rebuilt;
    }
  }
  lost_photos_ = shown_.size() - saved_.size();
  return write();
}

Result<void> Rebuilding::rebuild_photo(std::uint64_t ordinal) {
  const auto value = damaged_.database.get(Column::Photos, keys::ordinal(ordinal));
  auto known = value && *value ? record::decode_photo(**value) : Result<KnownPhoto>(Error{});
  if (!known || known->ordinal != ordinal) {
    return {};
  }
  const auto there = take_over_file(*known);
  if (!there || !*there) {
    return there ? Result<void>() : there.error();
  }
  saved_.insert(ordinal);
  ++counters_.living_photos;
  counters_.photo_bytes += known->photo.bytes;
  if (known->near && !saved_.contains(known->near->of)) {
    known->near.reset();
  }
  next_.photos.push_back({.before = std::nullopt, .after = std::move(*known)});
  return write_if_many();
}

/// False when its bytes are not as they were stored.
Result<bool> Rebuilding::take_over_file(const KnownPhoto& known) {
  const PhotoId& id = known.photo.id;
  const auto key = damaged_.database.photo_key(known.ordinal);
  const auto bytes =
      key ? damaged_.photos.read(id, *key) : Result<std::optional<std::string>>(key.error());
  if (!bytes || !*bytes || sha256(**bytes) != known.photo.stored_sha256) {
    return false;
  }
  if (damaged_.database.has_clear_rows()) {
    built_.photos.pin(id);  // Until the end: its key is held with it.
    const auto written = built_.photos.write(id, **bytes);
    return written ? Result<bool>(true) : written.error();
  }
  const std::string name = built_.photos.name_of(id);
  std::error_code error;
  fs::create_hard_link(damaged_.photos_folder / name, built_.photos_folder / name, error);
  if (error) {
    fs::copy_file(damaged_.photos_folder / name, built_.photos_folder / name, error);
  }
  if (error) {
    return Error{ErrorCode::Storage, "cannot take over a photo: " + error.message()};
  }
  const auto held = built_.photos.hold_key(id, *key);
  return held ? Result<bool>(true) : held.error();
}

Result<void> Rebuilding::rebuild_sightings() {
  for (std::uint64_t ordinal = 1; ordinal <= counters_.sighting; ++ordinal) {
    auto known = read_sighting(ordinal);
    if (!known) {
      continue;
    }
    let_fetch(*known);
    ++counters_.living_sightings;
    counters_.pending_images += static_cast<std::uint64_t>(std::ranges::count_if(
        known->traces, [](const ImageTrace& trace) { return trace.pending.has_value(); }));
    next_.sightings.push_back({.before = std::nullopt, .after = std::move(*known)});
    if (auto written = write_if_many(); !written) {
      return written;
    }
  }
  return write();
}

/// Nothing when there is none, or it is lost.
std::optional<KnownSighting> Rebuilding::read_sighting(std::uint64_t ordinal) {
  const auto value = damaged_.database.get(Column::Sightings, keys::ordinal(ordinal));
  if (value && !*value) {
    return std::nullopt;
  }
  auto known = value ? record::decode_sighting(**value) : Result<KnownSighting>(value.error());
  if (!known || known->ordinal != ordinal || known->brought_by.empty() ||
      known->traces.size() != known->sighting.images.size()) {
    lost_sightings_.insert(ordinal);
    return std::nullopt;
  }
  return std::move(*known);
}

/// Its pictures that are lost.
void Rebuilding::let_fetch(KnownSighting& sighting) const {
  bool lacks_one = false;
  for (std::size_t i = 0; i < sighting.traces.size(); ++i) {
    if (sighting.sighting.images[i].status == ImageStatus::Stored &&
        !saved_.contains(sighting.traces[i].photo)) {
      lose_picture(sighting, i, now_);
      lacks_one = true;
    }
  }
  sighting.sighting.version += lacks_one ? 1 : 0;
}

Result<void> Rebuilding::write_if_many() {
  const bool many = next_.sightings.size() + next_.photos.size() >= kMany;
  return many ? write() : Result<void>();
}

Result<void> Rebuilding::write() {
  next_.counters = counters_;
  auto changes = application_.changes(next_);
  if (!changes) {
    return changes.error();
  }
  next_ = {};
  return built_.database.write(std::move(*changes));
}

}  // namespace sightingd
