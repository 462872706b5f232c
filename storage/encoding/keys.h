#pragma once

#include "pipeline/facts.h"
#include "pipeline/known.h"
#include "storage/encoding/lookup_hash.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Keys of the rows of every column (docs/store-format.md). Numbers are big-endian and times have
/// their sign bit flipped, so that keys sort like what they say.
namespace sightingd::keys {

std::string ordinal(std::uint64_t ordinal);
std::optional<std::uint64_t> read_ordinal(std::string_view key);

std::string two_ordinals(std::uint64_t first, std::uint64_t second);
struct TwoOrdinals {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};
std::optional<TwoOrdinals> read_two_ordinals(std::string_view key);

std::string hash(const LookupHash& hash);

/// A row of a watch; `kind` says which.
std::string watch(const LookupHash& watch, char kind);

std::string coverage(const LookupHash& watch, TimePoint begin);

/// Where the posts of a watch begin that share the coarse part of `position`.
std::string position_bound(const LookupHash& watch, std::string_view position);
/// Holds the coarse part of `position` only: of posts that share it, the older sighting is first.
std::string position(const LookupHash& watch, std::string_view position, std::uint64_t sighting);
/// The sighting that a position key names.
std::optional<std::uint64_t> read_position(std::string_view key);

std::string pending(TimePoint due, std::uint64_t sighting, std::uint32_t image);
struct Pending {
  TimePoint due;
  std::uint64_t sighting = 0;
  std::uint32_t image = 0;
};
std::optional<Pending> read_pending(std::string_view key);

std::string suspected(TimePoint since, std::uint64_t sighting);
struct Suspected {
  TimePoint since;
  std::uint64_t sighting = 0;
};
std::optional<Suspected> read_suspected(std::string_view key);

std::string author_day(Day day, const LookupHash& author);
/// A URI that counted towards an author's day.
std::string counted(Day day, const LookupHash& author, const LookupHash& uri);

/// The first key of `day` in the columns that begin with one.
std::string day_bound(Day day);
std::string skip_count(Day day, const LookupHash& watch, SkipReason reason);
std::string skip_note(Day day, const LookupHash& watch, SkipReason reason, const LookupHash& uri);
struct Skip {
  Day day;
  LookupHash watch;
  SkipReason reason = SkipReason::NoMedia;
  std::optional<LookupHash> uri;  ///< Absent in the key of a count.
};
std::optional<Skip> read_skip(std::string_view key);
/// The row that remembers when a watch last skipped a URI.
std::string skip_memory(const LookupHash& watch, const LookupHash& uri);

}  // namespace sightingd::keys

namespace sightingd {

/// A place in the feed: restore epoch and sequence, 4 and 16 lower-case hex digits. Behind them
/// may stand 16 more: where the feed ended when its reader began at its beginning, if that is
/// later. Whoever has read since then has missed no tombstone that is newer, wherever they stand.
struct FeedPlace {
  std::uint16_t epoch = 0;
  std::uint64_t sequence = 0;
  std::uint64_t begun = 0;  ///< 0: not known.

  /// All tombstones that are newer than this come behind the place, or were seen.
  std::uint64_t safe_since() const { return std::max(sequence, begun); }

  friend bool operator==(const FeedPlace&, const FeedPlace&) = default;
};
std::string to_cursor(const FeedPlace& place);
/// Nothing when `cursor` is not what to_cursor writes.
std::optional<FeedPlace> read_cursor(std::string_view cursor);

}  // namespace sightingd
