#include "daemon/audit/audit_upkeep.h"

#include "daemon/audit/note.h"
#include "daemon/workers/on_worker.h"
#include "pipeline/hex.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <string>
#include <utility>

namespace sightingd {
namespace asio = boost::asio;
namespace {

constexpr auto kTellEvery = std::chrono::hours(1);
constexpr int kTellingsBetweenCuts = 24;

}  // namespace

asio::awaitable<Result<void>> AuditUpkeep::begin(std::vector<std::string> details) {
  if (const auto& broken = parts_.log.found_broken()) {
    parts_.journal.error("audit-broken", {{"message", *broken}});
    AuditEvent event{.kind = AuditKind::LogBroken, .time = parts_.clock.now()};
    event.details = {*broken};
    auto noted = co_await note(parts_.log, std::move(event));
    if (!noted) {
      co_return noted;
    }
  }
  AuditEvent event{.kind = AuditKind::Started, .time = parts_.clock.now()};
  event.details = std::move(details);
  auto noted = co_await note(parts_.log, std::move(event));
  tell_head();
  co_return noted;
}

asio::awaitable<void> AuditUpkeep::run() {
  for (int telling = 0;; ++telling) {
    if (telling % kTellingsBetweenCuts == 0) {
      co_await cut();
    }
    tell_head();
    asio::steady_timer next(parts_.executor, kTellEvery);
    co_await next.async_wait(asio::use_awaitable);
  }
}

asio::awaitable<void> AuditUpkeep::end() {
  AuditEvent event{.kind = AuditKind::Stopped, .time = parts_.clock.now()};
  const auto noted = co_await note(parts_.log, std::move(event));
  if (!noted) {
    parts_.journal.error("audit-failed", {{"message", noted.error().message}});
  }
  tell_head();
}

asio::awaitable<void> AuditUpkeep::cut() {
  if (!parts_.retention) {
    co_return;
  }
  const TimePoint now = parts_.clock.now();
  const TimePoint limit = now - *parts_.retention;
  const Result<std::uint64_t> cut = co_await on_worker(
      parts_.workers, [this, limit, now] { return parts_.log.cut_before(limit, now); });
  if (!cut) {
    parts_.journal.error("audit-failed", {{"message", cut.error().message}});
  } else if (*cut > 0) {
    parts_.journal.info("audit-cut", {{"entries", std::to_string(*cut)}});
  }
}

void AuditUpkeep::tell_head() {
  const ChainHead head = parts_.log.head();
  if (head.number != std::exchange(told_, head.number)) {
    parts_.journal.info("audit-head",
                        {{"number", std::to_string(head.number)}, {"hash", hex_of(head.hash)}});
  }
}

}  // namespace sightingd
