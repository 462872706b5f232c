#pragma once

#include "pipeline/result.h"
#include "pipeline/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// How deep a re-read goes below the top of the timeline. `End` begins where the first walk met an
/// empty page, and goes down to where that walk was to end.
enum class RereadDepth : std::uint8_t { Quarter = 1, Day = 2, Week = 3, End = 4 };

/// What the reading of one subject at one server must remember.
struct MastodonProgress {
  /// A way down the timeline that looks for posts above `head`.
  struct Walk {
    std::string top;     ///< The newest id it saw; the head once it is closed. May be empty.
    std::string at;      ///< The oldest id it has read: what follows lies below.
    TimePoint began;     ///< When it was started.
    TimePoint shown_at;  ///< The age of what the server showed at the start.
    TimePoint oldest;    ///< The earliest posting time it has read.

    friend bool operator==(const Walk&, const Walk&) = default;
  };

  /// A way down what is already complete, for posts that arrived late and for edits.
  struct Reread {
    std::string at = {};
    RereadDepth depth = RereadDepth::Quarter;
    TimePoint began = {};
    /// Its next page comes before another look at the newest posts, however long ago the last was.
    bool has_turn = true;

    friend bool operator==(const Reread&, const Reread&) = default;
  };

  /// What lies below a page that never came, or that was empty above the end of the first walk. It
  /// is read by the re-reads of a week: until one gets through, they go as deep as it.
  struct Hole {
    std::string below;              ///< The empty page, which is asked for once more; else empty.
    std::optional<TimePoint> from;  ///< Posting times from here; absent: from the beginning.
    TimePoint to;
    TimePoint oldest;  ///< The earliest posting time that was read of it.

    friend bool operator==(const Hole&, const Hole&) = default;
  };

  std::string domain;      ///< Of the server's own accounts.
  std::string account_id;  ///< The server's id of the watched account; empty: not looked up yet.
  /// SHA-256 of the hashtag as it is asked for: each spelling has a timeline of its own. Empty for
  /// an account.
  std::string hashtag;
  std::optional<TimePoint> origin;  ///< Nothing posted before this is wanted from the past.
  std::string first_head;  ///< The head of the first closed walk: the past lies below it. May be
                           ///< empty: then nothing was there.
  std::string head;        ///< Everything between `origin` and this id has been read.
  std::optional<TimePoint> checked_at;      ///< When the last closed walk began.
  std::optional<TimePoint> complete_until;  ///< What the last closed walk made complete.
  /// Digest of the newest page as it was last read; its posts are as durable as this. May be empty.
  std::string newest_page;
  TimePoint day_reread_at;
  TimePoint week_reread_at;
  /// A re-read has ended when the last look at the newest posts was old. One more look ends the
  /// poll: it begins no re-read, and takes as long as it takes, or slow requests made no end.
  bool wants_last_look = false;
  std::optional<Walk> walk;
  std::optional<Reread> reread;
  std::optional<Hole> hole;

  friend bool operator==(const MastodonProgress&, const MastodonProgress&) = default;
};

/// Writes progress as bytes: a version, then every field in order, text behind its length, times
/// as 64-bit milliseconds. No text in it may exceed 255 bytes.
std::string encode_mastodon_progress(const MastodonProgress& progress);

/// Fails with Malformed and the reason "bad_progress" on anything that encode_mastodon_progress
/// does not write.
Result<MastodonProgress> decode_mastodon_progress(std::string_view bytes);

}  // namespace sightingd
