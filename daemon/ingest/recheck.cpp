#include "daemon/ingest/recheck.h"
#include "daemon/workers/commit.h"

#include <utility>

namespace sightingd {
namespace asio = boost::asio;

asio::awaitable<Result<std::vector<SuspectedPost>>> recheck(WatchParts& parts, Source& source,
                                                            std::vector<SuspectedPost> posts) {
  std::vector<PostToCheck> questions;
  for (const SuspectedPost& post : posts) {
    questions.push_back({post.ref, post.post_id});
  }
  const auto presence = co_await source.connector().presence(std::move(questions));
  if (!presence) {
    co_return presence.error();
  }
  RecheckFacts facts;
  std::vector<SuspectedPost> unanswered;
  for (std::size_t i = 0; i < posts.size(); ++i) {
    if ((*presence)[i] == Presence::Unknown) {
      unanswered.push_back(std::move(posts[i]));
    } else {
      facts.verdicts.push_back({posts[i].sighting, (*presence)[i] == Presence::Gone});
    }
  }
  facts.checked_at = parts.clock.now();
  const auto outcome = co_await commit(parts.store, std::move(facts));
  if (!outcome) {
    parts.on_storage_failure(outcome.error());
    co_return outcome.error();
  }
  co_return unanswered;
}

}  // namespace sightingd
