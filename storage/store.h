#pragma once

#include "pipeline/coverage.h"
#include "pipeline/decide.h"
#include "pipeline/facts.h"
#include "pipeline/known.h"
#include "pipeline/result.h"
#include "pipeline/sighting.h"
#include "storage/audit/audit_log.h"
#include "storage/check/store_check.h"
#include "storage/encoding/lookup_hash.h"
#include "storage/ledger/refusals.h"
#include "storage/sealing/secret_key.h"
#include "storage/sealing/signing_key.h"
#include "storage/store_options.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

class Backups;

/// Where a reader of the feed stands: opaque text, ordered as text. Empty: the beginning.
using FeedCursor = std::string;

/// One event of the feed, rendered from the present state of the store.
struct FeedEvent {
  enum class Kind : std::uint8_t { Sighting, SightingUpdated, SightingErased };
  FeedCursor cursor;
  Kind kind = Kind::Sighting;
  SightingId id;
  std::optional<SightingView> sighting;  ///< Absent with SightingErased.
  EraseReason reason = EraseReason::Operator;
};

/// What one commit changed, for counters.
struct CommitOutcome : Tally {
  FeedCursor cursor;  ///< Of the newest event.
  /// How long each search for near duplicates took.
  std::vector<std::chrono::nanoseconds> searches;
};

/// A picture whose fetch is to be tried again.
struct PendingImage {
  SightingId sighting;
  int index = 0;
  std::string url;
  std::string source;  ///< URL of the source that brought it.
  std::string watch;   ///< Name of a watch that brought it.
  TimePoint due;
};

/// A piece of a search through all sightings.
struct SearchPiece {
  std::vector<SightingId> found;
  std::uint64_t last = 0;  ///< Ordinal of the last sighting that was looked at; 0 at the end.
};

/// What is older than it may be, and is not held.
struct AgedSightings {
  std::vector<SightingId> sightings;  ///< Oldest first.
  /// When the oldest of all that is not held was first seen; nothing when there is none.
  std::optional<TimePoint> oldest;
};

/// A sighting that is kept against its age.
struct HeldSighting {
  SightingId sighting;
  TimePoint until;
};

/// A post that is suspected gone, with what its source needs to be asked again.
struct SuspectedPost {
  SightingId sighting;
  PostRef ref;
  std::string post_id;
  std::string source;  ///< URL of the source that knows it by this id.
  TimePoint suspected_gone_at;
};

/// How much of a post the store already has.
struct KnownPost {
  bool known = false;      ///< In this version or a later one.
  bool has_watch = false;  ///< And this watch is among those that brought it.
};

struct SkippedRow {
  WatchKey watch;
  std::string watch_name;
  TimePoint day;
  SkipReason reason = SkipReason::NoMedia;
  std::uint64_t count = 0;
  /// For NoMedia, Flood and Malformed only; at most kReadableSkips.
  std::vector<std::string> uris;
};

/// A part of what was skipped, and where the next one begins. `next` is empty at the end.
struct SkippedPage {
  std::vector<SkippedRow> rows;
  std::string next;
};
inline constexpr std::size_t kSkippedPageBytes = 128 << 10;

struct SimilarPhoto {
  PhotoId photo;
  Likeness likeness;
};

struct StoreStatistics {
  std::uint64_t bytes = 0;  ///< On disk.
  std::uint64_t photos = 0;
  std::uint64_t sightings = 0;
  std::uint64_t feed_sequence = 0;
  std::uint64_t pending_images = 0;
  std::uint64_t waiting_commits = 0;
  /// Whether what is written is sealed, and whether older rows or photos are still to be.
  bool is_sealed = false;
  bool is_being_sealed = false;
};

/// The durable state: sightings, photos, hashes, feed, progress, coverage, retries.
///
/// One writer thread turns facts into decisions (pipeline/decide) and writes; facts that wait
/// share one synced write. Everything else may be called from any thread and blocks on disk:
/// call it from a worker, never from the event loop.
class Store {
 public:
  /// Opens the store, creating it (mode 0700) when absent; removes photos that no sighting
  /// names; rebuilds the index of hashes.
  /// Fails with Storage and a sentence that says what to do; `reason` is "locked", "damaged" or
  /// "newer-format".
  /// With a key the store is sealed: one in clear is sealed bit by bit from then on, beside all
  /// else. Fails with reason "key" when it is sealed and the key is missing or not the store's.
  static Result<std::unique_ptr<Store>> open(const StoreOptions& options,
                                             const std::optional<SecretKey>& key = std::nullopt);
  /// Writes what waits, then closes. Nothing staged may outlive it.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // ---- writing

  /// Holds the bytes of a photo against removal until facts that name it are committed.
  class Staged {
   public:
    virtual ~Staged() = default;
  };
  /// Makes the stripped bytes of a photo durable, ahead of the facts that will name it. Without
  /// such facts they are removed. Cheap when the photo is already stored.
  /// Fails with reason "no-space" when the disk is full.
  Result<std::unique_ptr<Staged>> stage(const PhotoId& photo, std::string_view stripped);

  using WhenCommitted = std::function<void(Result<CommitOutcome>)>;
  /// Queues facts; `when_committed` is called on the writer's thread once they survive a crash.
  /// After a failed write every later commit fails too, with the same error; but for a disk that is
  /// full: then facts from sources wait for space, in their order, and what an operator asks fails
  /// with reason "no-space".
  void commit(Facts facts, std::vector<std::unique_ptr<Staged>> staged,
              WhenCommitted when_committed);
  /// The same, and waits.
  Result<CommitOutcome> commit(Facts facts, std::vector<std::unique_ptr<Staged>> staged = {});

  /// Called on the writer's thread after each synced write, with the newest cursor: for those
  /// who follow the feed. One listener: the one before is not running any more, and will not be
  /// called again, when this returns. Not to be called by the listener itself.
  void on_commit(std::function<void(const FeedCursor&)> listener);

  /// Gives a sealed store another key: when this returns, only the new one opens it. What is sealed
  /// by what the old one opened is sealed anew beside all else (StoreStatistics::is_being_sealed),
  /// if need be by the next opening.
  /// Fails with Unavailable while that goes on, and when the store is not sealed.
  Result<void> change_key(const SecretKey& key);

  /// Calls `answer` on the writer's thread once all that was queued before is written: shows that
  /// the writer is alive.
  void ping(std::function<void()> answer);

  /// Whether facts from sources wait because the disk is full.
  bool is_full() const;

  /// From now on facts that wait for space fail instead, with reason "no-space": for whoever is
  /// about to close the store, and waits for all that is under way.
  void stop_waiting_for_space();

  // ---- reading, for ingest

  /// Empty when nothing was read yet.
  Result<std::string> progress(const WatchKey& watch) const;
  Result<bool> is_paused(const WatchKey& watch) const;
  /// Until when a source has asked to be left alone, as it was last committed; the epoch when
  /// never.
  Result<TimePoint> held_until(std::string_view source_url) const;
  /// One answer a post, in order.
  Result<std::vector<KnownPost>> known(const std::string& watch_name,
                                       const std::vector<PostRef>& posts) const;
  /// The sightings, not yet suspected, that `watch` brought at positions in [from, to), without
  /// those whose URIs are among `seen`. It costs what is missing, not what is there.
  Result<std::vector<SuspectedPost>> posts_missing(const WatchKey& watch, std::string_view from,
                                                   std::string_view to,
                                                   std::span<const std::string> seen) const;
  /// Looks through up to `limit` sightings behind the one with the ordinal `after`, hidden ones
  /// too, in order of arrival, for those that are wanted.
  using Wanted = std::function<bool(const KnownSighting&)>;
  Result<SearchPiece> search(const Wanted& wanted, std::uint64_t after, std::size_t limit) const;
  /// The first `limit` sightings, hidden ones too, that were first seen before `limit_of_age`.
  /// Costs what it finds: they stand in the order of arrival. Those that came, by a clock that was
  /// wrong, after `now` keep nobody else back.
  Result<AgedSightings> aged(TimePoint limit_of_age, TimePoint now, std::size_t limit) const;
  /// Whether the post, or all of its author, must not be taken. Costs no look at the disk, like the
  /// next one: these two may be called from the event loop.
  bool refuses(const Post& post) const;
  /// Whether the picture, or one that it is a copy of, must not be taken.
  bool refuses(const PhotoId& photo, const PdqForms& asked) const;
  /// Refuses the pictures of a list that somebody else keeps, from now on and as long as the store
  /// is open, in place of those of an earlier list.
  void refuse_listed(const std::vector<PdqHash>& hashes);
  /// Pending pictures due at `now` (all of them when `even_if_not_due`), oldest due first; at most
  /// `limit` of those to which `place_of` gives the same name, and `most` in all.
  using PlaceOf = std::function<std::string(const PendingImage&)>;
  Result<std::vector<PendingImage>> pending(TimePoint now, bool even_if_not_due, std::size_t limit,
                                            std::size_t most, const PlaceOf& place_of) const;
  /// Posts that were first found gone at or before `since`; at most `limit` of each source.
  Result<std::vector<SuspectedPost>> suspected(TimePoint since, std::size_t limit) const;

  // ---- reading, for people and matchers

  /// Up to `limit` events after `after`, oldest first; fewer or none at the end.
  /// Fails with Gone when `after` is older than the kept tombstones and with Malformed when it
  /// is not a cursor of this store.
  Result<std::vector<FeedEvent>> feed(const FeedCursor& after, std::size_t limit) const;
  FeedCursor newest_cursor() const;
  Result<std::optional<SightingView>> sighting(const SightingId& id) const;
  /// Nothing when no living, visible sighting shows it.
  Result<std::optional<Photo>> photo(const PhotoId& id) const;
  Result<std::optional<std::string>> photo_bytes(const PhotoId& id) const;
  /// Visible photos within `radius` (0 to 90), nearest first, ties to the oldest.
  Result<std::vector<SimilarPhoto>> similar(const PdqForms& asked, int radius) const;
  /// What is refused, by number.
  std::vector<Refusal> refusals() const;
  /// In order of arrival; with those whose time is over and who were not erased yet.
  Result<std::vector<HeldSighting>> holds() const;
  Result<std::vector<CoverageRow>> coverage(const WatchKey& watch) const;
  /// Rows of the last 7 days, by day, from `from` on (empty: the first), until their URIs hold
  /// kSkippedPageBytes.
  Result<SkippedPage> skipped(std::optional<SkipReason> reason, TimePoint now,
                              std::string_view from = {}) const;
  StoreStatistics statistics() const;

  // ---- against a disk that fails

  /// A check of all that is stored. It must not outlive the store.
  std::unique_ptr<StoreCheck> check() const;
  /// Moves a photo's file, which is damaged, into `set-aside/TIME` of the store. LosePhoto is to be
  /// committed then. False, and nothing was moved, while the photo is being stored again.
  Result<bool> set_aside(const PhotoId& photo, TimePoint now) const;

  /// Signs what is to be checked without this store.
  const SigningKey& signing_key() const;

  /// Copies of the store.
  Backups& backups() const;

  // ---- the audit log

  AuditLog& audit() const;
  /// How an id stands in the audit log.
  LookupHash audit_subject(const SightingId& id) const;
  LookupHash audit_subject(const PhotoId& id) const;

 private:
  class Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sightingd
