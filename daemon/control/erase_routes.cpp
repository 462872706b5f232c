// Erasing for good.
#include "daemon/api/erase_request.h"
#include "daemon/control/find_by_url.h"
#include "daemon/control/parameters.h"
#include "daemon/control/route.h"

namespace sightingd {
namespace {

namespace asio = boost::asio;

asio::awaitable<Answer> erased_answer(ControlParts parts, SightingId id, std::string reason,
                                      Audited& audited) {
  audited.event.subject = parts.store.audit_subject(id);
  audited.event.count = 1;
  audited.event.reason = reason;
  const Result<bool> erased = co_await parts.operations.erase(id, std::move(reason));
  if (!erased) {
    co_return answer_of(erased.error());
  }
  if (!*erased) {
    co_return error_answer(404, "not_found",
                           "No sighting of this post is stored; give the post's uri as the feed "
                           "shows it.");
  }
  audited.has_happened = true;
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
    co_return co_await erased_answer(parts, *id, std::move(request->reason), *call.audited);
  }
  Answer by_uri =
      co_await erased_answer(parts, sighting_id(request->post), request->reason, *call.audited);
  if (by_uri.status != 404) {
    co_return by_uri;
  }
  const auto found = co_await find_by_url(parts.store, parts.workers, request->post);
  if (!found) {
    co_return answer_of(found.error());
  }
  if (!*found) {
    co_return by_uri;
  }
  co_return co_await erased_answer(parts, **found, std::move(request->reason), *call.audited);
}

}  // namespace

void add_erase_routes(std::vector<Route>& routes, ControlParts parts) {
  routes.push_back({"POST", "/v1/erase", Access::Operate,
                    AsyncHandler([parts](Call call) { return erase(parts, std::move(call)); }),
                    kMaxEraseBody, AuditKind::Erasure});
}

}  // namespace sightingd
