#include "storage/repair/rebuilding.h"

#include "pipeline/digest.h"
#include "pipeline/erasing.h"
#include "storage/encoding/keys.h"
#include "storage/encoding/record.h"

#include <algorithm>
#include <string>
#include <utility>

namespace sightingd {
namespace {

/// Written at once.
constexpr std::size_t kMany = 256;

void mark(std::vector<bool>& marks, std::uint64_t ordinal) {
  if (marks.size() <= ordinal) {
    marks.resize(static_cast<std::size_t>(ordinal) + 1);
  }
  marks[static_cast<std::size_t>(ordinal)] = true;
}

bool is_marked(const std::vector<bool>& marks, std::uint64_t ordinal) {
  return ordinal < marks.size() && marks[static_cast<std::size_t>(ordinal)];
}

std::uint64_t count(const std::vector<bool>& marks) {
  return static_cast<std::uint64_t>(std::ranges::count(marks, true));
}

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
  look_through();
  if (auto rebuilt = rebuild_photos(); !rebuilt) {
    return rebuilt;
  }
  return rebuild_sightings();
}

bool Rebuilding::is_saved(std::uint64_t sighting) const {
  return is_marked(saved_sightings_, sighting);
}

/// The counters may be older than the rows.
std::uint64_t Rebuilding::last_sighting() const {
  const Database::Rows last =
      damaged_.database.last_row(Column::Sightings, {}, std::string(16, '\xff'));
  const auto ordinal = last.valid() ? keys::read_ordinal(last.key()) : std::nullopt;
  return std::max(counters_.sighting, ordinal.value_or(0));
}

void Rebuilding::look_through() {
  const std::uint64_t last = last_sighting();
  for (std::uint64_t ordinal = 1; ordinal <= last; ++ordinal) {
    if (const auto known = read_sighting(ordinal)) {
      note_numbers(*known);
    }
  }
}

/// None of them may be given again.
void Rebuilding::note_numbers(const KnownSighting& known) {
  mark(saved_sightings_, known.ordinal);
  counters_.sighting = std::max(counters_.sighting, known.ordinal);
  counters_.sequence = std::max(counters_.sequence, known.sequence);
  for (std::size_t i = 0; i < known.traces.size(); ++i) {
    if (known.sighting.images[i].status == ImageStatus::Stored) {
      mark(shown_photos_, known.traces[i].photo);
      counters_.photo = std::max(counters_.photo, known.traces[i].photo);
      counters_.showing = std::max(counters_.showing, known.traces[i].showing);
    }
  }
}

/// In order, so that those that others are copies of come first.
Result<void> Rebuilding::rebuild_photos() {
  for (std::uint64_t ordinal = 0; ordinal < shown_photos_.size(); ++ordinal) {
    if (!is_marked(shown_photos_, ordinal)) {
      continue;
    }
    if (auto rebuilt = rebuild_photo(ordinal); !rebuilt) {
      return rebuilt;
    }
  }
  lost_photos_ = count(shown_photos_) - count(saved_photos_);
  return write();
}

std::optional<KnownPhoto> Rebuilding::read_photo(const Database& database,
                                                 std::uint64_t ordinal) const {
  const auto value = database.get(Column::Photos, keys::ordinal(ordinal));
  if (!value || !*value) {
    return std::nullopt;
  }
  auto known = record::decode_photo(**value);
  return known && known->ordinal == ordinal ? std::optional(std::move(*known)) : std::nullopt;
}

Result<void> Rebuilding::rebuild_photo(std::uint64_t ordinal) {
  auto known = read_photo(damaged_.database, ordinal);
  if (!known) {
    return {};
  }
  const auto there = take_over_file(*known);
  if (!there || !*there) {
    return there ? Result<void>() : there.error();
  }
  mark(saved_photos_, ordinal);
  ++counters_.living_photos;
  counters_.photo_bytes += known->photo.bytes;
  if (known->near && !is_marked(saved_photos_, known->near->of)) {
    known->near.reset();
  }
  next_.photos.push_back({.before = std::nullopt, .after = std::move(*known)});
  return write_if_many();
}

/// False when its bytes are not as they were stored. If it is true, the photo is pinned.
Result<bool> Rebuilding::take_over_file(const KnownPhoto& known) {
  const PhotoId& id = known.photo.id;
  const auto key = damaged_.database.photo_key(known.ordinal);
  const auto read = [&] {
    return key ? damaged_.photos.read(id, *key) : Result<std::optional<std::string>>(key.error());
  };
  auto bytes = read();
  if (!bytes) {
    bytes = read();  // A disk may fail once.
  }
  if (!bytes || !*bytes || sha256(**bytes) != known.photo.stored_sha256) {
    return false;
  }
  built_.photos.pin(id);
  // In a store that is just being encrypted the file may be in clear.
  const auto taken = damaged_.database.has_clear_rows()
                         ? built_.photos.write(id, **bytes)
                         : built_.photos.take_over(damaged_.photos, id, *key);
  return taken ? Result<bool>(true) : taken.error();
}

Result<void> Rebuilding::rebuild_sightings() {
  for (std::uint64_t ordinal = 1; ordinal < saved_sightings_.size(); ++ordinal) {
    auto known = is_saved(ordinal) ? read_sighting(ordinal) : std::nullopt;
    if (!known) {
      saved_sightings_[static_cast<std::size_t>(ordinal)] = false;
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
std::optional<KnownSighting> Rebuilding::read_sighting(std::uint64_t ordinal) const {
  const auto value = damaged_.database.get(Column::Sightings, keys::ordinal(ordinal));
  if (!value || !*value) {
    return std::nullopt;
  }
  auto known = record::decode_sighting(**value);
  return known && known->ordinal == ordinal ? std::optional(std::move(*known)) : std::nullopt;
}

/// Its pictures that are lost. A number alone may be that of another picture.
void Rebuilding::let_fetch(KnownSighting& sighting) const {
  bool lacks_one = false;
  for (std::size_t i = 0; i < sighting.traces.size(); ++i) {
    const SightingImage& image = sighting.sighting.images[i];
    if (image.status != ImageStatus::Stored) {
      continue;
    }
    const std::uint64_t ordinal = sighting.traces[i].photo;
    const auto photo =
        is_marked(saved_photos_, ordinal) ? read_photo(built_.database, ordinal) : std::nullopt;
    if (!photo || photo->photo.id != image.photo) {
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
  if (auto written = built_.database.write(std::move(*changes)); !written) {
    return written;
  }
  // Their rows have their keys.
  for (const PhotoChange& written : next_.photos) {
    built_.photos.unpin(written.after->photo.id);
  }
  next_ = {};
  return {};
}

}  // namespace sightingd
