#pragma once

#include "pipeline/facts.h"
#include "pipeline/post.h"
#include "pipeline/result.h"
#include "pipeline/time.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The answers of a Mastodon server: bytes to vocabulary, pure. Each function fails as
/// JsonDocument::parse does, and with Malformed and the reason "wrong_shape" when the JSON is
/// another than expected.
namespace sightingd {

/// How the posts of one subject are read.
struct MastodonReading {
  std::string host = {};           ///< Completes the names of the server's own accounts.
  bool accept_unlisted = false;    ///< As well as public posts.
  bool media_from_origin = false;  ///< The author's own server before this one's copy.
  bool honour_noindex = false;     ///< `account.noindex`, "#noindex" or "#nosearch" in a profile.
  bool honour_nobot = false;       ///< "#nobot" in a profile.
  bool honour_not_indexable = false;  ///< `account.indexable` is false.
  bool all_opted_out = false;         ///< The server speaks for every author: take nothing.
};

/// One entry of a timeline.
struct MastodonItem {
  std::string id;  ///< Empty when it could not be read.
  std::optional<TimePoint> posted_at;
  std::variant<Post, SkippedPost> outcome;
};

/// What a server says of itself in `/api/v2/instance`, as far as it changes how it is read.
struct MastodonInstance {
  enum class Access { Unknown, Public, Authenticated, Disabled };

  std::string domain;  ///< Of its accounts; empty when it does not say.
  /// Mastodon 4.3 and later answer `/api/v1/statuses?id[]=`.
  bool has_batches = false;
  /// `configuration.timelines_access.hashtag_feeds`, of Mastodon 4.5 and later.
  Access local_hashtags = Access::Unknown;
  Access remote_hashtags = Access::Unknown;

  friend bool operator==(const MastodonInstance&, const MastodonInstance&) = default;
};

struct MastodonAccount {
  std::string id;
  std::string username;  ///< Without the host.

  friend bool operator==(const MastodonAccount&, const MastodonAccount&) = default;
};

/// The entries of a timeline, in the server's order. A bad entry costs that entry: it is a
/// SkippedPost. More than 400 entries are no page of any server and fail as "wrong_shape".
Result<std::vector<MastodonItem>> parse_statuses(std::string body, const MastodonReading& reading);

/// The same entries by place alone: `id` and `posted_at`.
Result<std::vector<MastodonItem>> parse_places(std::string body);

/// One post.
Result<MastodonItem> parse_status(std::string body, const MastodonReading& reading);

Result<MastodonInstance> parse_instance(std::string body);

Result<MastodonAccount> parse_account(std::string body);

}  // namespace sightingd
