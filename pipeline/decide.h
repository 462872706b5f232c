#pragma once

#include "pipeline/coverage.h"
#include "pipeline/facts.h"
#include "pipeline/known.h"
#include "pipeline/result.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sightingd {

/// What one decision changes, for counters. The same names as the metrics.
struct Tally {
  std::uint64_t sightings = 0;  ///< New ones.
  std::uint64_t updated = 0;
  std::uint64_t erased = 0;
  std::uint64_t photos_gone = 0;                ///< Whose last showing went.
  std::map<SkipReason, std::uint64_t> skipped;  ///< Each URI once in 7 days and watch.
  std::uint64_t images_new = 0;
  std::uint64_t images_duplicate = 0;  ///< Exact or near.
  std::uint64_t images_pending = 0;
  std::uint64_t images_rejected = 0;
  std::uint64_t images_unavailable = 0;
  std::uint64_t images_refused = 0;
  std::uint64_t refusals_withdrawn = 0;
  std::uint64_t tombstones_forgotten = 0;
  std::uint64_t held = 0;  ///< Sightings that were to go and stay, because they are held.
  std::map<LocationOrigin, std::uint64_t> locations;

  friend bool operator==(const Tally&, const Tally&) = default;
};

/// A sighting before and after. No `before`: it is new. No `after`: it is erased for
/// `erased_for`, and its tombstone stands at `tombstone` in the feed.
struct SightingChange {
  std::optional<KnownSighting> before;
  std::optional<KnownSighting> after;
  EraseReason erased_for = EraseReason::Operator;
  std::uint64_t tombstone = 0;

  friend bool operator==(const SightingChange&, const SightingChange&) = default;
};

/// A photo before and after. No `before`: it is new. No `after`: its last showing has gone.
struct PhotoChange {
  std::optional<KnownPhoto> before;
  std::optional<KnownPhoto> after;

  friend bool operator==(const PhotoChange&, const PhotoChange&) = default;
};

/// How many posts of an author count on a day.
struct AuthorDay {
  std::string author;
  Day day;
  std::uint32_t count = 0;

  friend bool operator==(const AuthorDay&, const AuthorDay&) = default;
};

/// A post that counted and is gone: it must not count again.
struct CountedPost {
  std::string author;
  Day day;
  std::string uri;

  friend bool operator==(const CountedPost&, const CountedPost&) = default;
};

/// How many posts a watch skipped on a day for one reason.
struct SkipCount {
  Day day;
  SkipReason reason = SkipReason::NoMedia;
  std::uint64_t count = 0;

  friend bool operator==(const SkipCount&, const SkipCount&) = default;
};

/// A post that was skipped for the first time in kSkipMemory.
struct SkipNote {
  std::string uri;
  Day day;
  SkipReason reason = SkipReason::NoMedia;
  bool readable = false;  ///< Operators may read the URI; otherwise it only serves to count once.

  friend bool operator==(const SkipNote&, const SkipNote&) = default;
};

/// What one page changes about its watch.
struct WatchChange {
  WatchKey watch;
  std::string watch_name;
  std::string progress;
  std::vector<TimePoint> coverage_dropped;  ///< Where the rows that go began.
  std::vector<CoverageRow> coverage_put;
  std::vector<SkipCount> skip_counts;
  std::vector<SkipNote> skip_notes;
  Day forget_skips_before;  ///< Whatever was skipped on earlier days may go.

  friend bool operator==(const WatchChange&, const WatchChange&) = default;
};

/// What facts change. Applied whole, in one write, or not at all.
struct Decision {
  std::vector<SightingChange> sightings;
  std::vector<PhotoChange> photos;
  std::vector<AuthorDay> author_days;
  std::vector<CountedPost> counted;
  std::vector<LedgerNote> notes;  ///< What the erasure ledger is told, before anything is written.
  TimePoint noted_at;             ///< With notes.
  bool erases_by_operator = false;
  std::optional<WatchChange> watch;
  std::optional<PauseWatch> pause;
  std::optional<HoldSource> hold;
  std::optional<std::vector<FeedDay>> feed_days;    ///< In place of those that were remembered.
  std::vector<std::uint64_t> forgotten_tombstones;  ///< Sequences of the feed.
  Counters counters;
  Tally tally;
};

/// A URI counts once as skipped within this time, and is forgotten after it.
inline constexpr std::chrono::days kSkipMemory{7};
/// Of the posts that a watch skipped on one day for one reason, this many URIs can be read.
inline constexpr std::uint64_t kReadableSkips = 1000;

/// Decides what `facts` change about what is `known`. A pure function: no clock, no randomness,
/// no threads, so the same sequence of facts always makes the same feed. The rules are those of
/// section 3 of the contract; docs/store-format.md says how they are read.
/// Fails only when `known` fails.
Result<Decision> decide(const Known& known, Facts facts);

}  // namespace sightingd
