#include "storage/tables.h"

#include "storage/damaged_store.h"
#include "storage/encoding/keys.h"

#include <algorithm>
#include <utility>

namespace sightingd {
namespace {

/// Decodes a row that may be absent.
template <typename T>
Result<std::optional<T>> decoded(const Result<std::optional<std::string>>& value,
                                 Result<T> (*decode)(std::string_view)) {
  if (!value) {
    return value.error();
  }
  if (!*value) {
    return std::optional<T>();
  }
  Result<T> row = decode(**value);
  if (!row) {
    return row.error();
  }
  return std::optional<T>(std::move(*row));
}

/// Decodes rows that may each be absent.
template <typename T>
Result<std::vector<std::optional<T>>> decoded(
    const Result<std::vector<std::optional<std::string>>>& values,
    Result<T> (*decode)(std::string_view)) {
  if (!values) {
    return values.error();
  }
  std::vector<std::optional<T>> rows(values->size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!(*values)[i]) {
      continue;
    }
    Result<T> row = decode(*(*values)[i]);
    if (!row) {
      return row.error();
    }
    rows[i] = std::move(*row);
  }
  return rows;
}

std::vector<std::string> ordinal_keys(std::span<const std::uint64_t> ordinals) {
  std::vector<std::string> keys;
  keys.reserve(ordinals.size());
  std::ranges::transform(ordinals, std::back_inserter(keys), keys::ordinal);
  return keys;
}

}  // namespace

Result<StoredHashes> read_hashes(Database::Rows& rows) {
  const auto ordinal = keys::read_ordinal(rows.key());
  const auto value = rows.value();
  if (!value) {
    return value.error();
  }
  auto row = record::decode_hash_row(*value);
  if (!row) {
    return row.error();
  }
  if (!ordinal) {
    return damaged_store("a row has a senseless key");
  }
  return StoredHashes{.photo = *ordinal, .row = std::move(*row)};
}

Result<KnownSighting> read_sighting(Database::Rows& rows) {
  const auto value = rows.value();
  if (!value) {
    return value.error();
  }
  return record::decode_sighting(*value);
}

Result<Counters> Tables::counters() const {
  auto counters = decoded(database_.get(Column::Header, "counters", at_), record::decode_counters);
  if (!counters) {
    return counters.error();
  }
  return counters->value_or(Counters{});
}

Result<std::vector<FeedDay>> Tables::feed_days() const {
  auto days = decoded(database_.get(Column::Header, kFeedDays, at_), record::decode_feed_days);
  if (!days) {
    return days.error();
  }
  return std::move(*days).value_or(std::vector<FeedDay>());
}

Result<std::vector<std::uint64_t>> Tables::tombstones(std::uint64_t after, std::uint64_t last,
                                                      std::size_t limit) const {
  std::vector<std::uint64_t> found;
  Database::Rows rows = database_.rows(Column::Feed, {}, keys::ordinal(after + 1), at_);
  for (; rows.valid() && found.size() < limit; rows.next()) {
    const auto sequence = keys::read_ordinal(rows.key());
    if (!sequence || *sequence > last) {
      break;
    }
    const auto value = rows.value();
    if (!value) {
      return value.error();
    }
    const auto row = record::decode_feed_row(*value);
    if (!row) {
      return row.error();
    }
    if (!row->living) {
      found.push_back(*sequence);
    }
  }
  if (auto status = rows.status(); !status) {
    return status.error();
  }
  return found;
}

Result<std::vector<std::optional<record::IdRow>>> Tables::ids(
    std::span<const SightingId> ids) const {
  std::vector<std::string> keys;
  keys.reserve(ids.size());
  for (const SightingId& id : ids) {
    keys.push_back(keys::hash(hasher_(lookup::kSighting, id.text())));
  }
  return decoded(database_.get(Column::Ids, keys, at_), record::decode_id_row);
}

Result<std::vector<KnownUri>> Tables::uris(std::span<const SightingId> ids) const {
  const auto rows = this->ids(ids);
  if (!rows) {
    return rows.error();
  }
  std::vector<KnownUri> uris(ids.size());
  std::vector<std::uint64_t> ordinals;
  std::vector<std::size_t> known;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::optional<record::IdRow>& row = (*rows)[i];
    uris[i].refused = row && !row->ordinal;
    if (row && row->ordinal) {
      ordinals.push_back(*row->ordinal);
      known.push_back(i);
    }
  }
  if (known.empty()) {
    return uris;
  }
  auto found = this->sightings(ordinals);
  if (!found) {
    return found.error();
  }
  for (std::size_t i = 0; i < known.size(); ++i) {
    uris[known[i]].sighting = std::move((*found)[i]);
  }
  return uris;
}

Result<std::vector<std::optional<KnownSighting>>> Tables::sightings(
    std::span<const std::uint64_t> ordinals) const {
  return decoded(database_.get(Column::Sightings, ordinal_keys(ordinals), at_),
                 record::decode_sighting);
}

Result<std::optional<KnownSighting>> Tables::sighting(std::uint64_t ordinal) const {
  return decoded(database_.get(Column::Sightings, keys::ordinal(ordinal), at_),
                 record::decode_sighting);
}

Result<std::optional<KnownSighting>> Tables::sighting(const SightingId& id) const {
  const auto row = ids({&id, 1});
  if (!row) {
    return row.error();
  }
  if (!row->front() || !row->front()->ordinal) {
    return std::optional<KnownSighting>();
  }
  return sighting(*row->front()->ordinal);
}

Result<std::optional<std::uint64_t>> Tables::photo_ordinal(const PhotoId& id) const {
  const std::string key = keys::hash(hasher_(lookup::kPhoto, id.text()));
  auto row = decoded(database_.get(Column::Ids, key, at_), record::decode_id_row);
  if (!row) {
    return row.error();
  }
  return *row ? (*row)->ordinal : std::nullopt;
}

Result<std::optional<KnownPhoto>> Tables::photo(std::uint64_t ordinal) const {
  return decoded(database_.get(Column::Photos, keys::ordinal(ordinal), at_), record::decode_photo);
}

Result<std::optional<KnownPhoto>> Tables::photo(const PhotoId& id) const {
  const auto ordinal = photo_ordinal(id);
  if (!ordinal) {
    return ordinal.error();
  }
  return *ordinal ? photo(**ordinal) : std::optional<KnownPhoto>();
}

Result<std::vector<std::optional<KnownPhoto>>> Tables::photos(
    std::span<const std::uint64_t> ordinals) const {
  return decoded(database_.get(Column::Photos, ordinal_keys(ordinals), at_), record::decode_photo);
}

Result<std::vector<Showing>> Tables::showings(std::uint64_t photo, std::size_t limit) const {
  std::vector<Showing> showings;
  Database::Rows rows = database_.rows(Column::Showings, keys::ordinal(photo), {}, at_);
  for (; rows.valid() && showings.size() < limit; rows.next()) {
    const auto value = rows.value();
    if (!value) {
      return value.error();
    }
    auto showing = record::decode_showing(*value);
    if (!showing) {
      return showing.error();
    }
    showings.push_back(*showing);
  }
  if (auto status = rows.status(); !status) {
    return status.error();
  }
  return showings;
}

Result<std::vector<std::uint64_t>> Tables::linked_to(std::uint64_t photo) const {
  std::vector<std::uint64_t> linked;
  Database::Rows rows = database_.rows(Column::Links, keys::ordinal(photo), {}, at_);
  for (; rows.valid(); rows.next()) {
    if (const auto ordinals = keys::read_two_ordinals(rows.key())) {
      linked.push_back(ordinals->second);
    }
  }
  if (auto status = rows.status(); !status) {
    return status.error();
  }
  return linked;
}

Result<std::uint64_t> Tables::number(Column column, std::string_view key) const {
  auto row = decoded(database_.get(column, key, at_), record::decode_number);
  if (!row) {
    return row.error();
  }
  return row->value_or(0);
}

Result<bool> Tables::has(Column column, std::string_view key) const {
  const auto row = database_.get(column, key, at_);
  if (!row) {
    return row.error();
  }
  return row->has_value();
}

Result<std::string> Tables::text(Column column, std::string_view key) const {
  auto row = decoded(database_.get(column, key, at_), record::decode_text);
  if (!row) {
    return row.error();
  }
  return std::move(*row).value_or(std::string());
}

Result<std::vector<CoverageRow>> Tables::coverage(const WatchKey& watch,
                                                  const std::optional<TimeRange>& range) const {
  const LookupHash hash = hasher_(lookup::kWatch, watch.text);
  const std::string prefix = keys::hash(hash);
  std::string from = prefix;
  std::string below;
  if (range) {
    // A walk moves the beginning of its row with every page: many erased rows lie beyond.
    below = keys::coverage(hash, range->end + TimePoint::duration(1));
    // Rows are disjoint, so of those that begin before the range only the last can reach it.
    from = keys::coverage(hash, range->begin);
    Database::Rows before = database_.last_row(Column::Coverage, prefix, from, at_);
    if (before.valid()) {
      from = before.key();
    }
    if (auto status = before.status(); !status) {
      return status.error();
    }
  }
  std::vector<CoverageRow> touching;
  Database::Rows rows = database_.rows(Column::Coverage, prefix, from, at_, below);
  for (; rows.valid(); rows.next()) {
    const auto value = rows.value();
    if (!value) {
      return value.error();
    }
    auto row = record::decode_coverage_row(*value);
    if (!row) {
      return row.error();
    }
    if (!range || row->range.end >= range->begin) {
      touching.push_back(std::move(*row));
    }
  }
  if (auto status = rows.status(); !status) {
    return status.error();
  }
  return touching;
}

}  // namespace sightingd
