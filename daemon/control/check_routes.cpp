// Whether the store is whole.
#include "daemon/control/check_stream.h"
#include "daemon/control/parameters.h"
#include "daemon/control/route.h"

#include <memory>

namespace sightingd {
namespace {

Answer check_store(const ControlParts& parts, const Call& call) {
  const Parameters parameters(call.request.target);
  const auto confirm = parameters.flag("confirm");
  if (const auto only = parameters.only({"confirm"}); !only || !confirm) {
    return answer_of(!only ? only.error() : confirm.error());
  }
  call.audited->has_happened = true;
  Answer answer;
  answer.content_type = "application/x-ndjson";
  answer.stream = std::make_unique<CheckStream>(parts, audit_peer(call.request.peer), *confirm);
  return answer;
}

}  // namespace

void add_check_routes(std::vector<Route>& routes, ControlParts parts) {
  routes.push_back({"POST", "/v1/check-store", Access::Operate,
                    BlockingHandler([parts](const Call& call) { return check_store(parts, call); }),
                    0, AuditKind::StoreCheck});
}

}  // namespace sightingd
