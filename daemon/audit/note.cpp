#include "daemon/audit/note.h"

#include "daemon/workers/await_callback.h"

#include <utility>

namespace sightingd {
namespace asio = boost::asio;

asio::awaitable<Result<void>> note(AuditLog& log, AuditEvent event) {
  co_return co_await await_callback<Result<void>>(
      [&](AuditLog::WhenDurable done) { log.note(std::move(event), std::move(done)); });
}

void note_soon(AuditLog& log, AuditEvent event) {
  log.note(std::move(event), [](const Result<void>&) {});
}

}  // namespace sightingd
