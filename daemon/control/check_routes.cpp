// Whether the store is whole.
#include "daemon/control/check_stream.h"
#include "daemon/control/parameters.h"
#include "daemon/control/route.h"

#include <memory>

namespace sightingd {
namespace {

Answer check_store(const ControlParts& parts, const Call& call) {
  if (const auto only = Parameters(call.request.target).only({}); !only) {
    return answer_of(only.error());
  }
  call.audited->has_happened = true;
  Answer answer;
  answer.content_type = "application/x-ndjson";
  answer.stream = std::make_unique<CheckStream>(parts, audit_peer(call.request.peer));
  return answer;
}

}  // namespace

void add_check_routes(std::vector<Route>& routes, ControlParts parts) {
  routes.push_back({"POST", "/v1/check-store", Access::Operate,
                    BlockingHandler([parts](const Call& call) { return check_store(parts, call); }),
                    0, AuditKind::StoreCheck});
}

}  // namespace sightingd
