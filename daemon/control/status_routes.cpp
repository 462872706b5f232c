// The running daemon: status, metrics, reload.
#include "daemon/api/report_json.h"
#include "daemon/control/parameters.h"
#include "daemon/control/route.h"

namespace sightingd {
namespace {

namespace asio = boost::asio;

asio::awaitable<Answer> status(ControlParts parts, Call call) {
  if (const auto only = Parameters(call.request.target).only({}); !only) {
    co_return answer_of(only.error());
  }
  const Result<Status> status = co_await parts.operations.status();
  if (!status) {
    co_return answer_of(status.error());
  }
  Answer answer;
  answer.body = status_json(*status);
  co_return answer;
}

asio::awaitable<Answer> metrics(ControlParts parts, Call call) {
  if (const auto only = Parameters(call.request.target).only({}); !only) {
    co_return answer_of(only.error());
  }
  Result<std::string> text = co_await parts.operations.metrics_text();
  if (!text) {
    co_return answer_of(text.error());
  }
  Answer answer;
  answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
  answer.body = std::move(*text);
  co_return answer;
}

asio::awaitable<Answer> reload(ControlParts parts, Call call) {
  const Parameters parameters(call.request.target);
  const auto only = parameters.only({"dry_run"});
  const auto dry_run = parameters.flag("dry_run");
  if (!only || !dry_run) {
    co_return answer_of(only ? dry_run.error() : only.error());
  }
  const Result<ReloadReport> report = co_await parts.operations.reload(*dry_run);
  if (!report) {
    co_return answer_of(report.error());
  }
  call.audited->has_happened = report->applied && !report->changed_keys.empty();
  call.audited->event.details = report->changed_keys;
  Answer answer;
  answer.body = reload_json(*report);
  co_return answer;
}

}  // namespace

void add_status_routes(std::vector<Route>& routes, ControlParts parts) {
  routes.push_back({"GET", "/v1/status", Access::Read,
                    AsyncHandler([parts](Call call) { return status(parts, std::move(call)); })});
  routes.push_back({"GET", "/v1/metrics", Access::Read,
                    AsyncHandler([parts](Call call) { return metrics(parts, std::move(call)); })});
  routes.push_back({"POST", "/v1/reload", Access::Operate,
                    AsyncHandler([parts](Call call) { return reload(parts, std::move(call)); }), 0,
                    AuditKind::ConfigurationChange});
}

}  // namespace sightingd
