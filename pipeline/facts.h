#pragma once

#include "pipeline/coverage.h"
#include "pipeline/ledger_note.h"
#include "pipeline/photo.h"
#include "pipeline/post.h"
#include "pipeline/sighting.h"
#include "pipeline/time.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Facts: what was fetched and examined, and what an operator asked for. They carry everything
/// that a decision needs besides the store itself, the time included, so that the same sequence
/// of facts makes the same store on any machine.
namespace sightingd {

/// Names the progress of one watch: (source URL, folded hashtag or account). Renaming a watch
/// or a source does not change it.
struct WatchKey {
  std::string text;

  friend bool operator==(const WatchKey&, const WatchKey&) = default;
  friend auto operator<=>(const WatchKey&, const WatchKey&) = default;
};
/// The URL of the source that the watch reads: what a source is, whatever it is called.
inline std::string_view source_url(const WatchKey& watch) {
  return std::string_view(watch.text).substr(0, watch.text.find(' '));
}

/// Why a post that was read is not a sighting. Closed set: metric label, `skipped`.
enum class SkipReason : std::uint8_t {
  NoMedia = 1,
  Consent = 2,    ///< Its author opted out.
  Flood = 3,      ///< Beyond `[limits] per_author`.
  Malformed = 4,  ///< One bad post in a good page.
  Boost = 5,      ///< Somebody else's post passed on.
  NotPublic = 6,
  Erased = 7,   ///< Gone while it was being read.
  Refused = 8,  ///< Left with refused pictures only, or the post itself is refused.
};
std::string_view to_text(SkipReason reason);

/// A post that the connector read and dropped. `uri` may be empty when it could not be read.
struct SkippedPost {
  std::string uri;
  SkipReason reason = SkipReason::Malformed;

  friend bool operator==(const SkippedPost&, const SkippedPost&) = default;
};

/// The picture could not be fetched; the retry is durable.
struct FetchFailed {
  friend bool operator==(const FetchFailed&, const FetchFailed&) = default;
};

/// The picture arrived whole and cannot be used.
struct ImageRejected {
  RejectReason reason = RejectReason::Malformed;
  friend bool operator==(const ImageRejected&, const ImageRejected&) = default;
};

/// The picture came and was examined; its stripped bytes are staged in the store (Store::stage).
struct PhotoFacts {
  Photo photo;
  PdqForms forms;  ///< What it is looked up by, should it be new.

  friend bool operator==(const PhotoFacts&, const PhotoFacts&) = default;
};

/// The picture came, and it is refused: an operator erased it. Nothing of it is kept.
struct ImageRefused {
  friend bool operator==(const ImageRefused&, const ImageRefused&) = default;
};

/// What became of fetching and examining one picture.
using ImageOutcome = std::variant<FetchFailed, ImageRejected, PhotoFacts, ImageRefused>;

struct ImageFacts {
  ImageRef ref;
  ImageOutcome outcome;

  friend bool operator==(const ImageFacts&, const ImageFacts&) = default;
};

/// One post of a page. `images` is parallel to `post.images`; absent when the store already
/// has this version of the post, so that nothing was fetched.
struct PostFacts {
  Post post;
  std::optional<std::vector<ImageFacts>> images;

  friend bool operator==(const PostFacts&, const PostFacts&) = default;
};

/// One page of one watch. Everything in it becomes durable in one write, or nothing.
struct PageFacts {
  WatchKey watch;
  std::string watch_name;
  std::string source;
  std::string network;
  TimePoint read_at;
  bool media_required = true;
  /// Posts of one author on one UTC day of posted_at beyond this are flood; absent: no limit.
  std::optional<std::uint32_t> per_author_per_day;
  std::vector<PostFacts> posts;
  std::vector<SkippedPost> skipped;
  std::vector<CoverageRow> covered;
  /// The watch's progress once this page is durable.
  std::string progress;
};

/// A picture that was pending came, was rejected, or failed again.
struct RetryFacts {
  SightingId sighting;
  int index = 0;
  ImageOutcome outcome;
  TimePoint tried_at;
  /// False for the tries of `--once`, which do not count towards giving up.
  bool counts = true;
  /// Whether a sighting that is left with refused pictures only is to go.
  bool media_required = false;
};

/// What a source said about posts that had vanished from a range that was re-read.
struct RecheckFacts {
  struct Verdict {
    SightingId sighting;
    bool gone = false;
  };
  std::vector<Verdict> verdicts;
  TimePoint checked_at;
};

/// An operator erases sightings for good, or their time is over. Those that are held stay.
struct EraseSightings {
  std::vector<SightingId> sightings;
  EraseReason reason = EraseReason::Operator;
  bool refuses = false;  ///< Their posts must not come back.
  bool despite_hold = false;
  /// The erasure ledger knows already, or learns it from another note.
  bool noted = false;
  TimePoint at;
};

/// No post of an author is taken from now on. Those that are there, EraseSightings erases.
struct RefuseAuthor {
  std::string author_uri;
  bool despite_hold = false;  ///< As those are erased.
  TimePoint at;
};

/// An operator erases a picture: sightings that show it or a copy of it lose it, and no copy is
/// taken from now on.
struct ErasePicture {
  RefusedPicture picture;
  PdqForms forms;  ///< What copies are looked for by.
  /// A sighting that only other watches brought goes when it is left with refused pictures.
  std::vector<std::string> watches_without_media;
  bool despite_hold = false;
  bool noted = false;  ///< See EraseSightings.
  TimePoint at;
};

/// The bytes of a stored picture are lost: whoever shows it has it fetched again.
struct LosePhoto {
  PhotoId photo;
  TimePoint at;
};

/// A refusal, by its number in the erasure ledger, does not hold any more.
struct WithdrawRefusal {
  std::uint64_t number = 0;
  TimePoint at;
};

/// All that was first seen before has been erased because of its age: a copy of the store that is
/// brought back must lose it, too.
struct NoteAge {
  TimePoint first_seen_before;
  bool despite_hold = false;
  TimePoint at;
};

/// A sighting is kept against its age and its deletion upstream; without a time, no longer.
struct HoldSighting {
  SightingId sighting;
  std::optional<TimePoint> until;
  bool noted = false;  ///< See EraseSightings.
  TimePoint at;
};

/// All that the erasure ledger says up to this entry has been done.
struct LedgerDone {
  std::uint64_t entry = 0;
};

/// A day has begun: where the feed stands now is remembered, and tombstones from before the day
/// `forget_before` are forgotten, kMostTombstones at a time.
struct BeginDay {
  std::chrono::sys_days today;
  std::chrono::sys_days forget_before;
};
inline constexpr std::size_t kMostTombstones = 4096;

/// A watch is paused or resumed by an operator.
struct PauseWatch {
  WatchKey watch;
  bool paused = false;
};

/// A source has asked to be left alone until a time that it named: a restart obeys it too.
struct HoldSource {
  std::string source_url;
  TimePoint until;
};

using Facts = std::variant<PageFacts, RetryFacts, RecheckFacts, EraseSightings, LosePhoto,
                           RefuseAuthor, ErasePicture, WithdrawRefusal, NoteAge, HoldSighting,
                           LedgerDone, BeginDay, PauseWatch, HoldSource>;

/// Retries of a pending picture come this long after the last try; then it is `unavailable`.
inline constexpr std::chrono::minutes kRetryDelays[] = {
    std::chrono::minutes(1), std::chrono::minutes(10), std::chrono::hours(1), std::chrono::hours(6),
    std::chrono::hours(24)};

/// Two checks this far apart must both find a post gone before it is erased.
inline constexpr std::chrono::minutes kRecheckDelay{10};

}  // namespace sightingd
