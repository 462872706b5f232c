#pragma once

#include "pipeline/known.h"
#include "storage/database.h"
#include "storage/encoding/lookup_hash.h"
#include "storage/encoding/record.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// Kinds of text that become look-up keys; the kind keeps equal texts apart.
namespace lookup {
inline constexpr char kSighting = 's';
inline constexpr char kPhoto = 'p';
inline constexpr char kWatch = 'w';
inline constexpr char kAuthor = 'a';
inline constexpr char kUri = 'u';
inline constexpr char kSource = 'o';
// In the audit log, so that nothing there can be matched with other keys or names of files.
inline constexpr char kAuditedSighting = 'S';
inline constexpr char kAuditedPhoto = 'P';
}  // namespace lookup

/// Rows of a watch, and of a source, whose URL is hashed as kSource.
namespace watch_row {
inline constexpr char kProgress = 'p';
inline constexpr char kPaused = 's';
inline constexpr char kHeld = 'h';
}  // namespace watch_row

/// The row of Column::Header with the days of the feed.
inline constexpr std::string_view kFeedDays = "feed-days";

/// A row of Column::Hashes.
struct StoredHashes {
  std::uint64_t photo = 0;
  record::HashRow row;
};
/// Reads the row that `rows` stands at. Fails with Storage.
Result<StoredHashes> read_hashes(Database::Rows& rows);

/// Reads the row of Column::Sightings that `rows` stands at. Fails with Storage.
Result<KnownSighting> read_sighting(Database::Rows& rows);

/// The rows of the store as values, at one moment. Every method fails with Storage only.
class Tables {
 public:
  /// Reads the newest state when `at` is null. The others must outlive this.
  Tables(const Database& database, const LookupHasher& hasher, Moment at = nullptr)
      : database_(database), hasher_(hasher), at_(std::move(at)) {}

  Result<Counters> counters() const;

  /// One answer an id, in order.
  Result<std::vector<std::optional<record::IdRow>>> ids(std::span<const SightingId> ids) const;
  /// What is known of each post, in order.
  Result<std::vector<KnownUri>> uris(std::span<const SightingId> ids) const;
  /// One answer an ordinal, in order.
  Result<std::vector<std::optional<KnownSighting>>> sightings(
      std::span<const std::uint64_t> ordinals) const;
  Result<std::optional<KnownSighting>> sighting(std::uint64_t ordinal) const;
  Result<std::optional<KnownSighting>> sighting(const SightingId& id) const;

  Result<std::optional<std::uint64_t>> photo_ordinal(const PhotoId& id) const;
  Result<std::optional<KnownPhoto>> photo(std::uint64_t ordinal) const;
  Result<std::optional<KnownPhoto>> photo(const PhotoId& id) const;
  /// One answer an ordinal, in order.
  Result<std::vector<std::optional<KnownPhoto>>> photos(
      std::span<const std::uint64_t> ordinals) const;

  Result<std::vector<Showing>> showings(std::uint64_t photo, std::size_t limit) const;
  Result<std::vector<std::uint64_t>> linked_to(std::uint64_t photo) const;

  Result<std::uint64_t> number(Column column, std::string_view key) const;
  Result<bool> has(Column column, std::string_view key) const;
  /// Empty when there is no such row.
  Result<std::string> text(Column column, std::string_view key) const;

  /// The coverage rows of `watch` that overlap or touch `range` (all of them without one).
  Result<std::vector<CoverageRow>> coverage(const WatchKey& watch,
                                            const std::optional<TimeRange>& range) const;

  /// The days whose beginning in the feed is remembered, in order.
  Result<std::vector<FeedDay>> feed_days() const;
  /// The sequences of the first `limit` tombstones above `after` and up to `last`, in order.
  Result<std::vector<std::uint64_t>> tombstones(std::uint64_t after, std::uint64_t last,
                                                std::size_t limit) const;

  const Database& database() const { return database_; }
  const LookupHasher& hasher() const { return hasher_; }
  const Moment& moment() const { return at_; }

 private:
  const Database& database_;
  const LookupHasher& hasher_;
  Moment at_;
};

}  // namespace sightingd
