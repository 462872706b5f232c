#pragma once

#include "pipeline/coverage.h"
#include "pipeline/facts.h"
#include "pipeline/post.h"
#include "pipeline/result.h"
#include "pipeline/time.h"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sightingd {

struct Hashtag {
  std::string folded;  ///< NFKC and case folded, without '#': by this hashtags are compared.
  /// As servers spell it, which lower hashtags and fold none: `lower_hashtag`. Empty: as `folded`.
  std::string lowered = {};

  /// What a server is asked for.
  const std::string& spelling() const { return lowered.empty() ? folded : lowered; }

  friend bool operator==(const Hashtag&, const Hashtag&) = default;
};

struct Account {
  std::string handle;  ///< user@host, without a leading '@'.

  friend bool operator==(const Account&, const Account&) = default;
};

/// What to read at a source.
using Subject = std::variant<Hashtag, Account>;

/// How far the reading of one subject has come. Opaque to everyone but the connector
/// that made it; the empty value means "nothing read yet".
struct Progress {
  std::string value;

  friend bool operator==(const Progress&, const Progress&) = default;
};

/// Asks for the next page of a subject.
struct ReadRequest {
  Subject subject;
  Progress progress;
  TimePoint now;
  /// The first poll reads no further back than this. Absent: to the beginning.
  std::optional<TimePoint> backfill_from = std::nullopt;
  /// What was posted then has been read without a gap. When `progress` does not serve any more, or
  /// is empty all the same, the reading begins anew, and goes down to its end though
  /// `backfill_from` be later. Absent: nothing.
  std::optional<TimeRange> stored = std::nullopt;
  /// What comes next has failed again and again. If it fails once more, and the newest posts can be
  /// read at the same time: leave it out, claim nothing about it, and go on with those.
  bool give_up = false;
  /// Give the newest posts even when nothing about them has changed since they were read last: the
  /// caller could not make everything of them.
  bool look_again = false;
};

/// The page holds every post of its subject at positions in [from, to).
struct PositionRange {
  std::string from;
  std::string to;

  friend bool operator==(const PositionRange&, const PositionRange&) = default;
};

/// One step of reading: what came, and where to go on once it is durable.
struct Page {
  std::vector<Post> posts;           ///< In the source's order.
  std::vector<SkippedPost> skipped;  ///< Read and dropped, each with its reason.
  std::vector<CoverageRow> covered;  ///< What is now read: without a hole, or in part and why.
  /// With it a caller finds stored posts that have vanished. Absent: nothing can be said.
  std::optional<PositionRange> complete_between;
  Progress next;
  bool newest = false;   ///< It begins with the newest posts that there are.
  bool at_head = false;  ///< Nothing more to read for now: the poll is over.
  bool gave_up = false;  ///< Something was left out, as ReadRequest::give_up allows.
  /// The progress that was asked with does not serve: the subject is read as if for the first time.
  bool began_anew = false;
};

/// Whether a failed read may lie in the very page that was asked for; else the source does not want
/// to be asked, whatever it is asked for.
inline bool may_lie_in_the_page(const Error& error) {
  return error.code == ErrorCode::Unavailable || error.code == ErrorCode::Malformed ||
         error.code == ErrorCode::TooLarge;
}

/// A post to ask about: its name, and the source's own id of it.
struct PostToCheck {
  PostRef ref;
  std::string id;
};

/// What a source says of a post: whether everybody can still read it.
enum class Presence : std::uint8_t { Unknown, Here, Gone };

/// A place that posts come from: one server of one micro-blog network.
///
/// A connector only reads what is public. It keeps nothing between calls that it could not
/// find out again: what it must remember is in the Progress, which the caller stores in the same
/// write as the posts. The HTTP client it was given already keeps the request budget, retries
/// and refuses private addresses. Not thread-safe; use it from one strand. Several calls may be
/// under way at once.
class Connector {
 public:
  virtual ~Connector() = default;

  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  /// Reads the next page of `subject`. A poll is a run of calls, each with the progress of the
  /// page before, until a page says `at_head`; the first call after that begins the next poll.
  /// The same `progress` may be asked again after any failure, and a step that was read twice
  /// does no harm. One that does not serve, as of another version, counts as empty.
  ///
  /// Fails with Unavailable, RateLimited, Forbidden, Gone, TooLarge or Malformed, and a `reason`;
  /// then nothing has moved. Cancelling the coroutine abandons the request.
  virtual boost::asio::awaitable<Result<Page>> next(ReadRequest request) = 0;

  /// Asks what became of posts read earlier. One answer a post, in order; those that a failure, or
  /// a bound on the requests of one call, kept from being asked about are Unknown. Fails as next()
  /// does when nothing at all was learnt.
  virtual boost::asio::awaitable<Result<std::vector<Presence>>> presence(
      std::vector<PostToCheck> posts) = 0;

  /// What an operator should know of how this source is read while all goes well, as a word of a
  /// closed set (the reasons of `Page::covered`); empty: nothing.
  virtual std::string_view remark() const { return {}; }

 protected:
  Connector() = default;
};

}  // namespace sightingd
