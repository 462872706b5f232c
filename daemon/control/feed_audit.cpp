#include "daemon/control/feed_audit.h"

#include "daemon/audit/note.h"
#include "daemon/control/audited.h"

#include <utility>

namespace sightingd {
namespace asio = boost::asio;

FeedAudit::FeedAudit(AuditLog& log, const Clock& clock, const std::optional<Peer>& peer)
    : log_(log), clock_(clock), noted_at_(clock.now()) {
  stretch_.kind = AuditKind::FeedRead;
  stretch_.peer = audit_peer(peer);
  stretch_.route = "GET /v1/feed";
}

FeedAudit::~FeedAudit() {
  if (stretch_.count > 0) {
    note_soon(log_, take());
  }
}

void FeedAudit::add(const FeedCursor& first, const FeedCursor& last, std::uint64_t count) {
  if (count == 0) {
    return;
  }
  if (stretch_.count == 0) {
    stretch_.first_cursor = first;
  }
  stretch_.last_cursor = last;
  stretch_.count += count;
}

asio::awaitable<Result<void>> FeedAudit::settle() {
  if (!is_due()) {
    co_return Result<void>();
  }
  co_return co_await finish();
}

asio::awaitable<Result<void>> FeedAudit::finish() {
  if (stretch_.count == 0) {
    co_return Result<void>();
  }
  is_known_ = true;
  AuditEvent event = take();
  co_return co_await note(log_, std::move(event));
}

bool FeedAudit::is_due() const {
  const auto since = clock_.now() - noted_at_;
  return stretch_.count > 0 &&
         (!is_known_ || stretch_.count >= kMostEvents || since >= kLongest || since.count() < 0);
}

AuditEvent FeedAudit::take() {
  AuditEvent event = stretch_;
  noted_at_ = clock_.now();
  event.time = noted_at_;
  stretch_.count = 0;
  return event;
}

}  // namespace sightingd
