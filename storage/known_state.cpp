#include "storage/known_state.h"

#include "storage/encoding/keys.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace sightingd {

Result<Counters> KnownState::counters() const { return tables_.counters(); }

Result<std::vector<KnownUri>> KnownState::uris(std::span<const SightingId> ids) const {
  return tables_.uris(ids);
}

Result<std::optional<KnownSighting>> KnownState::sighting(std::uint64_t ordinal) const {
  return tables_.sighting(ordinal);
}

Result<std::optional<KnownPhoto>> KnownState::photo(const PhotoId& id) const {
  return tables_.photo(id);
}

Result<std::optional<KnownPhoto>> KnownState::photo(std::uint64_t ordinal) const {
  return tables_.photo(ordinal);
}

Result<std::vector<PhotoIndex::Match>> KnownState::like(const PdqForms& asked) const {
  const auto begun = std::chrono::steady_clock::now();
  std::vector<PhotoIndex::Match> matches;
  {
    const std::shared_lock lock(index_mutex_);
    matches = index_.like(asked, kNearDistance);
  }
  searches_.push_back(std::chrono::steady_clock::now() - begun);
  return matches;
}

Result<std::vector<Showing>> KnownState::showings(std::uint64_t photo, std::size_t limit) const {
  return tables_.showings(photo, limit);
}

Result<std::vector<std::uint64_t>> KnownState::linked_to(std::uint64_t photo) const {
  return tables_.linked_to(photo);
}

Result<std::uint32_t> KnownState::author_day(std::string_view author, Day day) const {
  const auto count = tables_.number(
      Column::Authors, keys::author_day(day, tables_.hasher()(lookup::kAuthor, author)));
  if (!count) {
    return count.error();
  }
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(*count, std::numeric_limits<std::uint32_t>::max()));
}

Result<bool> KnownState::counted(std::string_view author, Day day, std::string_view uri) const {
  const LookupHasher& hasher = tables_.hasher();
  return tables_.has(Column::Counted, keys::counted(day, hasher(lookup::kAuthor, author),
                                                    hasher(lookup::kUri, uri)));
}

Result<std::optional<Day>> KnownState::skipped_on(const WatchKey& watch,
                                                  std::string_view uri) const {
  const LookupHasher& hasher = tables_.hasher();
  const std::string key =
      keys::skip_memory(hasher(lookup::kWatch, watch.text), hasher(lookup::kUri, uri));
  const auto value = tables_.database().get(Column::SkipMemory, key, tables_.moment());
  if (!value) {
    return value.error();
  }
  if (!*value) {
    return std::optional<Day>();
  }
  const auto day = record::decode_day(**value);
  if (!day) {
    return day.error();
  }
  return std::optional<Day>(*day);
}

Result<std::uint64_t> KnownState::skip_count(const WatchKey& watch, Day day,
                                             SkipReason reason) const {
  const std::string key =
      keys::skip_count(day, tables_.hasher()(lookup::kWatch, watch.text), reason);
  const auto value = tables_.database().get(Column::Skipped, key, tables_.moment());
  if (!value) {
    return value.error();
  }
  if (!*value) {
    return std::uint64_t{0};
  }
  const auto row = record::decode_skip_count_row(**value);
  if (!row) {
    return row.error();
  }
  return row->count;
}

Result<std::vector<CoverageRow>> KnownState::coverage(const WatchKey& watch,
                                                      const TimeRange& range) const {
  return tables_.coverage(watch, range);
}

}  // namespace sightingd
