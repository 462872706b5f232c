#include "daemon/control/audit_stream.h"

#include "daemon/api/audit_json.h"
#include "daemon/workers/on_worker.h"

#include <algorithm>
#include <utility>

namespace sightingd {
namespace asio = boost::asio;
namespace {

// What is passed over takes time, too.
constexpr std::size_t kEntriesReadAtOnce = 16 * AuditStream::kEntriesPerPart;

}  // namespace

AuditStream::AuditStream(AuditReader reader, std::uint64_t newest, const AuditQuery& query,
                         asio::thread_pool& workers)
    : reader_(std::move(reader)), newest_(newest), query_(query), workers_(workers) {
  query_.after = std::max(query_.after, newest > query_.last ? newest - query_.last : 0);
}

asio::awaitable<Result<bool>> AuditStream::next(std::string& part) {
  part.clear();
  for (;;) {
    const Result<bool> goes_on =
        co_await on_worker(workers_, [this, &part] { return read_blocking(part); });
    if (!goes_on) {
      co_return goes_on.error();
    }
    if (!*goes_on || !part.empty()) {
      co_return !part.empty();
    }
  }
}

Result<bool> AuditStream::read_blocking(std::string& part) {
  std::size_t given = 0;
  for (std::size_t i = 0; i < kEntriesReadAtOnce && given < kEntriesPerPart; ++i) {
    const auto entry = reader_.next();
    if (!entry) {
      return entry.error();
    }
    if (!*entry || (*entry)->head.number > newest_) {
      return false;
    }
    const bool is_asked_for = (*entry)->head.number > query_.after &&
                              (!query_.subject || (*entry)->event.subject == query_.subject);
    if (is_asked_for) {
      append_audit_entry(**entry, part);
      ++given;
    }
  }
  return true;
}

}  // namespace sightingd
