// Another key for the store.
#include "daemon/control/parameters.h"
#include "daemon/control/route.h"
#include "pipeline/wipe.h"
#include "storage/sealing/secret_key.h"

#include <utility>

namespace sightingd {
namespace {

namespace asio = boost::asio;

asio::awaitable<Answer> change_key(ControlParts parts, Call call) {
  if (const auto only = Parameters(call.request.target).only({}); !only) {
    co_return answer_of(only.error());
  }
  const auto key = SecretKey::of(call.request.body);
  wipe(call.request.body);
  if (!key) {
    co_return error_answer(400, "bad_request", "The body must be the new key: 32 bytes.");
  }
  const Result<void> changed = co_await parts.operations.change_key(*key);
  if (!changed) {
    co_return changed.error().code == ErrorCode::Unavailable
        ? error_answer(409, "not_now", changed.error().message)
        : answer_of(changed.error());
  }
  call.audited->has_happened = true;
  Answer answer;
  answer.body = "{\"changed\":true}\n";
  co_return answer;
}

}  // namespace

void add_key_routes(std::vector<Route>& routes, ControlParts parts) {
  routes.push_back({"POST", "/v1/key", Access::Operate,
                    AsyncHandler([parts](Call call) { return change_key(parts, std::move(call)); }),
                    SecretKey::kSize, AuditKind::KeyRotation});
}

}  // namespace sightingd
