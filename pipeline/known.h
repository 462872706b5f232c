#pragma once

#include "pipeline/coverage.h"
#include "pipeline/facts.h"
#include "pipeline/result.h"
#include "pipeline/sighting.h"
#include "pipeline/similarity/photo_index.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What is known: the state that decisions are made on, and the port through which they ask for it.
///
/// Sightings, photos and showings carry ordinals: numbers given in order of arrival, never twice.
/// "Oldest" always means the smallest ordinal.
namespace sightingd {

/// A day of UTC.
using Day = std::chrono::sys_days;

/// A watch brought a post, and where the post stands in that watch's source.
struct Bringing {
  WatchKey watch;
  std::string position;

  friend bool operator==(const Bringing&, const Bringing&) = default;
};

/// The durable retry of a picture that could not be fetched.
struct PendingFetch {
  std::string source;  ///< URL of the source that named the picture's.
  TimePoint due;
  std::uint32_t failed_tries = 0;  ///< Retries that count and failed.

  friend bool operator==(const PendingFetch&, const PendingFetch&) = default;
};

/// What belongs to one picture of a sighting and is not shown to readers.
struct ImageTrace {
  std::string id;                       ///< ImageRef::id, of the sighting's source; may be empty.
  std::string url;                      ///< Where it was fetched, or is to be; may be empty.
  std::uint64_t photo = 0;              ///< The photo's ordinal; with Stored only.
  std::uint64_t showing = 0;            ///< This showing's ordinal; with Stored only.
  std::optional<PendingFetch> pending;  ///< With Pending only.

  friend bool operator==(const ImageTrace&, const ImageTrace&) = default;
};

/// A sighting with everything that decisions need about it.
struct KnownSighting {
  Sighting sighting;
  std::uint64_t ordinal = 0;
  std::uint64_t sequence = 0;        ///< Where it stands in the feed.
  bool counted_for_author = false;   ///< It counted towards its author's daily limit.
  std::vector<Bringing> brought_by;  ///< One a watch that brought it; the first one's source is
                                     ///< the sighting's own, which is asked about it.
  std::vector<ImageTrace> traces;    ///< Parallel to `sighting.images`.
  /// Until then it is kept against its age and its deletion upstream.
  std::optional<TimePoint> held_until = {};

  friend bool operator==(const KnownSighting&, const KnownSighting&) = default;
};

/// The nearest photo at the time another one was stored. Never transitive.
struct NearLink {
  std::uint64_t of = 0;  ///< Ordinal of the nearest photo.
  Likeness likeness;

  friend bool operator==(const NearLink&, const NearLink&) = default;
};

/// A stored photo and its link.
struct KnownPhoto {
  Photo photo;
  std::uint64_t ordinal = 0;
  std::optional<NearLink> near;

  friend bool operator==(const KnownPhoto&, const KnownPhoto&) = default;
};

/// One picture of one living sighting that shows a photo.
struct Showing {
  std::uint64_t ordinal = 0;
  std::uint64_t sighting = 0;  ///< The sighting's ordinal.
  int index = 0;

  friend bool operator==(const Showing&, const Showing&) = default;
};

/// How much of one post URI is known.
struct KnownUri {
  /// An operator erased the post before there was an erasure ledger: it must not come back.
  bool refused = false;
  std::optional<KnownSighting> sighting;
};

/// The last numbers that were given, and how much there is.
struct Counters {
  std::uint64_t sequence = 0;
  std::uint64_t sighting = 0;
  std::uint64_t photo = 0;
  std::uint64_t showing = 0;
  std::uint64_t living_sightings = 0;
  std::uint64_t living_photos = 0;
  std::uint64_t photo_bytes = 0;
  std::uint64_t pending_images = 0;
  std::uint64_t ledger_entry = 0;  ///< What the erasure ledger says up to here has been done.
  std::uint64_t oldest_kept = 0;   ///< Tombstones up to this sequence of the feed are forgotten.

  friend bool operator==(const Counters&, const Counters&) = default;
};

/// Where the feed stood when a day had begun.
struct FeedDay {
  Day day;
  std::uint64_t sequence = 0;

  friend bool operator==(const FeedDay&, const FeedDay&) = default;
};

/// The port through which decisions ask what is known. Implemented in storage/.
///
/// Every answer includes all facts decided before. Each method fails with Storage only.
class Known {
 public:
  virtual ~Known() = default;
  Known(const Known&) = delete;
  Known& operator=(const Known&) = delete;

  virtual Result<Counters> counters() const = 0;

  /// One answer an id, in order.
  virtual Result<std::vector<KnownUri>> uris(std::span<const SightingId> ids) const = 0;
  virtual Result<std::optional<KnownSighting>> sighting(std::uint64_t ordinal) const = 0;

  virtual Result<std::optional<KnownPhoto>> photo(const PhotoId& id) const = 0;
  virtual Result<std::optional<KnownPhoto>> photo(std::uint64_t ordinal) const = 0;
  /// Stored photos within kNearDistance, nearest first, ties oldest first.
  virtual Result<std::vector<PhotoIndex::Match>> like(const PdqForms& asked) const = 0;
  /// The first `limit` showings of a photo, oldest first.
  virtual Result<std::vector<Showing>> showings(std::uint64_t photo, std::size_t limit) const = 0;
  /// Ordinals of the photos whose near link names `photo`, oldest first.
  virtual Result<std::vector<std::uint64_t>> linked_to(std::uint64_t photo) const = 0;

  /// Whether a post, all posts of an author, or a picture with all its copies must not be taken.
  virtual bool refuses_post(const SightingId& post) const = 0;
  virtual bool refuses_author(std::string_view author_uri) const = 0;
  virtual bool refuses_picture(const PhotoId& photo, const PdqForms& asked) const = 0;
  /// Whether there is a refusal with this number in the erasure ledger, not withdrawn.
  virtual bool is_refusal(std::uint64_t number) const = 0;
  /// Until when the erasure ledger has a post held, whether it is here or not.
  virtual std::optional<TimePoint> held_until(const SightingId& post) const = 0;

  /// How many posts of `author` counted on `day`.
  virtual Result<std::uint32_t> author_day(std::string_view author, Day day) const = 0;
  /// Whether a post that is no longer here had counted.
  virtual Result<bool> counted(std::string_view author, Day day, std::string_view uri) const = 0;

  /// The day on which `watch` last skipped `uri`, as far as it is remembered.
  virtual Result<std::optional<Day>> skipped_on(const WatchKey& watch,
                                                std::string_view uri) const = 0;
  virtual Result<std::uint64_t> skip_count(const WatchKey& watch, Day day,
                                           SkipReason reason) const = 0;

  /// The coverage rows of `watch` that overlap or touch `range`, sorted.
  virtual Result<std::vector<CoverageRow>> coverage(const WatchKey& watch,
                                                    const TimeRange& range) const = 0;

  /// The days that are remembered, in order.
  virtual Result<std::vector<FeedDay>> feed_days() const = 0;
  /// The sequences of the first `limit` tombstones above `after` and up to `last`, in order.
  virtual Result<std::vector<std::uint64_t>> tombstones(std::uint64_t after, std::uint64_t last,
                                                        std::size_t limit) const = 0;

 protected:
  Known() = default;
};

}  // namespace sightingd
