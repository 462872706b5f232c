// What was read, and what was left out.
#include "daemon/api/report_json.h"
#include "daemon/control/parameters.h"
#include "daemon/control/route.h"
#include "daemon/control/skipped_stream.h"
#include "daemon/workers/on_worker.h"

#include <array>
#include <utility>

namespace sightingd {
namespace {

namespace asio = boost::asio;

struct NamedWatch {
  std::string name;
  WatchKey key;
};

// The watch that the query names, or all of them.
asio::awaitable<Result<std::vector<NamedWatch>>> watches_asked_for(ControlParts parts,
                                                                   std::string name) {
  std::vector<NamedWatch> asked;
  if (!name.empty()) {
    auto key = parts.operations.watch_key(name);
    if (!key) {
      co_return Error{ErrorCode::Gone, "No watch has this name."};
    }
    asked.push_back({std::move(name), std::move(*key)});
    co_return asked;
  }
  const auto listed = co_await parts.operations.watches();
  if (!listed) {
    co_return listed.error();
  }
  for (const WatchListing& watch : *listed) {
    // A watch that a reload has just removed has no key any more.
    if (auto key = parts.operations.watch_key(watch.name)) {
      asked.push_back({watch.name, std::move(*key)});
    }
  }
  co_return asked;
}

Answer coverage_of(const Store& store, const std::vector<NamedWatch>& watches, TimePoint now) {
  std::vector<WatchCoverage> coverage;
  for (const NamedWatch& watch : watches) {
    auto rows = store.coverage(watch.key);
    if (!rows) {
      return answer_of(rows.error());
    }
    coverage.push_back({watch.name, std::move(*rows)});
  }
  Answer answer;
  answer.body = coverage_json(coverage, now);
  return answer;
}

asio::awaitable<Answer> coverage(ControlParts parts, Call call) {
  const Parameters parameters(call.request.target);
  if (const auto only = parameters.only({"watch"}); !only) {
    co_return answer_of(only.error());
  }
  const auto watches =
      co_await watches_asked_for(parts, std::string(parameters.text("watch").value_or("")));
  if (!watches) {
    co_return answer_of(watches.error());
  }
  co_return co_await on_worker(
      parts.workers, [&] { return coverage_of(parts.store, *watches, parts.clock.now()); });
}

std::optional<SkipReason> skip_reason_of(std::string_view text) {
  for (const SkipReason reason :
       {SkipReason::NoMedia, SkipReason::Consent, SkipReason::Flood, SkipReason::Malformed,
        SkipReason::Boost, SkipReason::NotPublic, SkipReason::Erased, SkipReason::Refused}) {
    if (to_text(reason) == text) {
      return reason;
    }
  }
  return std::nullopt;
}

Answer skipped(const ControlParts& parts, const Call& call) {
  const Parameters parameters(call.request.target);
  if (const auto only = parameters.only({"reason"}); !only) {
    return answer_of(only.error());
  }
  std::optional<SkipReason> reason;
  if (const auto text = parameters.text("reason")) {
    reason = skip_reason_of(*text);
    if (!reason) {
      return error_answer(400, "bad_request",
                          "'reason' must be one of no_media, consent, flood, malformed, boost, "
                          "not_public, erased, refused.");
    }
  }
  call.audited->has_happened = true;
  Answer answer;
  answer.stream =
      std::make_unique<SkippedStream>(parts.store, parts.workers, reason, parts.clock.now());
  return answer;
}

}  // namespace

void add_coverage_routes(std::vector<Route>& routes, ControlParts parts) {
  routes.push_back({"GET", "/v1/coverage", Access::Read,
                    AsyncHandler([parts](Call call) { return coverage(parts, std::move(call)); })});
  routes.push_back({"GET", "/v1/skipped", Access::Read,
                    BlockingHandler([parts](const Call& call) { return skipped(parts, call); }), 0,
                    AuditKind::SkippedRead});
}

}  // namespace sightingd
