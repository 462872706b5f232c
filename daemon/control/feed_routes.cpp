// The feed.
#include "daemon/control/feed_stream.h"
#include "daemon/control/parameters.h"
#include "daemon/control/route.h"

#include <cstdint>

namespace sightingd {
namespace {

namespace asio = boost::asio;

Result<FeedRequest> read_request(const Target& target) {
  const Parameters parameters(target);
  const auto only = parameters.only({"after", "limit", "follow"});
  if (!only) {
    return only.error();
  }
  const auto limit = parameters.number("limit", 1, INT64_MAX);
  if (!limit) {
    return limit.error();
  }
  const auto follow = parameters.flag("follow");
  if (!follow) {
    return follow.error();
  }
  FeedRequest request;
  request.after = FeedCursor(parameters.text("after").value_or(""));
  request.limit = limit->value_or(UINT64_MAX);
  request.follow = *follow;
  return request;
}

asio::awaitable<Answer> feed(ControlParts parts, FeedSignal signal, Call call) {
  Result<FeedRequest> request = read_request(call.request.target);
  if (!request) {
    co_return answer_of(request.error());
  }
  auto audit = std::make_unique<FeedAudit>(parts.store.audit(), parts.clock, call.request.peer);
  auto stream = co_await FeedStream::open(parts.store, parts.workers, std::move(signal),
                                          std::move(*request), std::move(audit));
  if (!stream && stream.error().code == ErrorCode::Gone) {
    co_return error_answer(410, "cursor_too_old",
                           "This cursor is older than what is kept of erased sightings: read from "
                           "the beginning and drop what does not come.");
  }
  if (!stream) {
    co_return answer_of(stream.error());
  }
  Answer answer;
  answer.content_type = "application/x-ndjson";
  answer.stream = std::move(*stream);
  co_return answer;
}

}  // namespace

void add_feed_routes(std::vector<Route>& routes, ControlParts parts, FeedSignal signal) {
  routes.push_back({"GET", "/v1/feed", Access::Read, AsyncHandler([parts, signal](Call call) {
                      return feed(parts, signal, std::move(call));
                    })});
}

}  // namespace sightingd
