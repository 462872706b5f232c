// Erasing for good.
#include "daemon/api/erase_request.h"
#include "daemon/control/parameters.h"
#include "daemon/control/route.h"
#include "daemon/workers/on_worker.h"

namespace sightingd {
namespace {

namespace asio = boost::asio;

// The visible sighting whose post people read at `url`. The store knows posts by their canonical
// URI alone, so this reads the whole feed.
Result<std::optional<SightingId>> find_by_url(const Store& store, const std::string& url) {
  constexpr std::size_t kBatch = 64;
  FeedCursor after;
  for (;;) {
    const auto events = store.feed(after, kBatch);
    if (!events) {
      return events.error();
    }
    if (events->empty()) {
      return std::optional<SightingId>();
    }
    for (const FeedEvent& event : *events) {
      if (event.sighting && event.sighting->sighting.post.url == url) {
        return std::optional(event.id);
      }
    }
    after = events->back().cursor;
  }
}

asio::awaitable<Answer> erased_answer(ControlParts parts, SightingId id, std::string reason) {
  const Result<bool> erased = co_await parts.operations.erase(id, std::move(reason));
  if (!erased) {
    co_return answer_of(erased.error());
  }
  if (!*erased) {
    co_return error_answer(404, "not_found",
                           "No sighting of this post is stored; give the post's uri as the feed "
                           "shows it.");
  }
  Answer answer;
  answer.body = "{\"erased\":\"" + std::string(id.text()) + "\"}\n";
  co_return answer;
}

asio::awaitable<Answer> erase(ControlParts parts, Call call) {
  if (const auto only = Parameters(call.request.target).only({}); !only) {
    co_return answer_of(only.error());
  }
  Result<EraseRequest> request = parse_erase_request(call.request.body);
  if (!request) {
    co_return answer_of(request.error());
  }
  if (const auto id = SightingId::parse(request->post)) {
    co_return co_await erased_answer(parts, *id, std::move(request->reason));
  }
  Answer by_uri = co_await erased_answer(parts, sighting_id(request->post), request->reason);
  if (by_uri.status != 404) {
    co_return by_uri;
  }
  const auto found =
      co_await on_worker(parts.workers, [&] { return find_by_url(parts.store, request->post); });
  if (!found) {
    co_return answer_of(found.error());
  }
  if (!*found) {
    co_return by_uri;
  }
  co_return co_await erased_answer(parts, **found, std::move(request->reason));
}

}  // namespace

void add_erase_routes(std::vector<Route>& routes, ControlParts parts) {
  routes.push_back({"POST", "/v1/erase", Access::Operate,
                    AsyncHandler([parts](Call call) { return erase(parts, std::move(call)); }),
                    kMaxEraseBody});
}

}  // namespace sightingd
