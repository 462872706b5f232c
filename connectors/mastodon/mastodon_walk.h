#pragma once

#include "connectors/connector.h"
#include "connectors/mastodon/mastodon_json.h"
#include "connectors/mastodon/mastodon_progress.h"
#include "pipeline/result.h"
#include "pipeline/time.h"

#include <chrono>
#include <string>
#include <vector>

/// How a timeline is read: pure arithmetic on progress and pages. README.md tells the whole.
namespace sightingd {

/// How far back the deepest of the regular re-reads looks for posts that arrived late.
inline constexpr std::chrono::hours kDeepestReread{24 * 7};

/// One answer of a timeline.
struct MastodonAnswer {
  std::string max_id;  ///< What was asked: posts below this id. Empty: the newest ones.
  std::vector<MastodonItem> items;
  TimePoint now;
  std::chrono::seconds age{0};  ///< How long a cache had kept it.
  /// Of the bytes of the newest page: SHA-256. Empty for any other page.
  std::string digest = {};
  /// Why the server shows less than there is, as a reason of coverage. Empty: it shows all.
  std::string partial = {};
  /// It is byte for byte the newest page that was read last: the items have a place, no content.
  bool unchanged = false;
};

/// What the next request has to ask for; empty: the newest posts.
std::string next_max_id(const MastodonProgress& progress, TimePoint now);

/// Ends the walk or the re-read that is under way where it stands, and begins again at the newest
/// posts. What a walk has not read is a hole: not covered, and read by a later re-read. A re-read
/// comes again when the next one of its depth is due.
MastodonProgress abandon(MastodonProgress progress);

/// Takes an answer to `next_max_id` into account: the page that it makes, with the progress after
/// it.
///
/// Fails with Malformed when no id of a page can be read ("wrong_shape"), when the ids do not fall
/// ("bad_order"), or do not lie below `max_id` ("stuck").
Result<Page> advance(MastodonProgress progress, MastodonAnswer answer);

}  // namespace sightingd
