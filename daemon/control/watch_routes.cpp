// The watches: list, pause, resume.
#include "daemon/api/report_json.h"
#include "daemon/control/parameters.h"
#include "daemon/control/route.h"

namespace sightingd {
namespace {

namespace asio = boost::asio;

asio::awaitable<Answer> list(ControlParts parts, Call call) {
  if (const auto only = Parameters(call.request.target).only({}); !only) {
    co_return answer_of(only.error());
  }
  const auto watches = co_await parts.operations.watches();
  if (!watches) {
    co_return answer_of(watches.error());
  }
  Answer answer;
  answer.body = watches_json(*watches);
  co_return answer;
}

asio::awaitable<Answer> set_paused(ControlParts parts, bool paused, Call call) {
  if (const auto only = Parameters(call.request.target).only({}); !only) {
    co_return answer_of(only.error());
  }
  const Result<void> done = co_await parts.operations.set_paused(call.argument, paused);
  if (!done) {
    co_return answer_of(done.error());
  }
  call.audited->has_happened = true;
  call.audited->event.details = {"watch \"" + call.argument + "\" " +
                                 (paused ? "paused" : "resumed")};
  Answer answer;
  answer.body = paused ? "{\"paused\":true}\n" : "{\"paused\":false}\n";
  co_return answer;
}

}  // namespace

void add_watch_routes(std::vector<Route>& routes, ControlParts parts) {
  routes.push_back({"GET", "/v1/watches", Access::Read,
                    AsyncHandler([parts](Call call) { return list(parts, std::move(call)); })});
  routes.push_back(
      {"POST", "/v1/watches/*/pause", Access::Operate,
       AsyncHandler([parts](Call call) { return set_paused(parts, true, std::move(call)); }), 0,
       AuditKind::ConfigurationChange});
  routes.push_back(
      {"POST", "/v1/watches/*/resume", Access::Operate,
       AsyncHandler([parts](Call call) { return set_paused(parts, false, std::move(call)); }), 0,
       AuditKind::ConfigurationChange});
}

}  // namespace sightingd
