#include "daemon/retention/retention.h"

#include "daemon/audit/note.h"
#include "daemon/workers/commit.h"
#include "daemon/workers/on_worker.h"
#include "pipeline/erasing.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace sightingd {
namespace asio = boost::asio;
namespace {

constexpr auto kSweepEvery = std::chrono::seconds(10);
constexpr std::size_t kSightingsAtATime = 256;

Day day_of(TimePoint time) { return std::chrono::floor<std::chrono::days>(time); }

std::string too_many(std::uint64_t stored, std::chrono::seconds age) {
  return "more than 5 % of the " + std::to_string(stored) +
         " stored sightings are due at once: if the time is right, let \"sightingctl erase "
         "--older-than " +
         std::to_string(age.count()) + "s --confirm\" do it";
}

}  // namespace

Retention::Retention(RetentionParts parts, const RetentionOptions& options)
    : parts_(std::move(parts)), options_(options) {}

void Retention::set(const RetentionOptions& options) {
  options_ = options;
  day_begun_.reset();
}

asio::awaitable<void> Retention::run() {
  for (;;) {
    co_await sweep();
    asio::steady_timer next(parts_.executor, kSweepEvery);
    co_await next.async_wait(asio::use_awaitable);
  }
}

asio::awaitable<void> Retention::sweep() {
  const bool goes_on = co_await erase_aged();
  if (goes_on) {
    co_await forget_tombstones();
  }
}

RetentionStatus Retention::status() const {
  RetentionStatus status{.stopped = stopped_};
  if (oldest_ && options_.sightings) {
    status.lag = std::max(std::chrono::floor<std::chrono::seconds>(parts_.clock.now() - *oldest_ -
                                                                   *options_.sightings),
                          std::chrono::seconds(0));
  }
  return status;
}

/// Whether it may go on.
asio::awaitable<bool> Retention::erase_aged() {
  // Before the clock is asked for: what happens to it meanwhile is seen.
  const TimePoint now = parts_.clock.now();
  const std::uint64_t stored = parts_.store.statistics().sightings;
  const std::uint64_t most = erased_unconfirmed(stored);
  auto due = co_await look(now, most + 1);
  if (!due || stops(parts_.clock_doubt())) {
    co_return false;
  }
  if (due->size() > most) {
    co_return !stops(too_many(stored, *options_.sightings));
  }
  stops("");
  if (due->empty()) {
    co_return true;
  }
  const bool erased = co_await erase(std::move(*due), now - *options_.sightings);
  if (erased) {
    co_await look(now, 1);
  }
  co_return erased;
}

asio::awaitable<bool> Retention::erase(std::vector<SightingId> due, TimePoint first_seen_before) {
  const TimePoint now = parts_.clock.now();
  if (age_noted_on_ != day_of(now)) {
    Facts note = NoteAge{.first_seen_before = first_seen_before, .at = now};
    const auto noted = co_await commit(std::move(note));
    if (!noted) {
      co_return false;
    }
    age_noted_on_ = day_of(now);
  }
  std::uint64_t erased = 0;
  for (std::size_t i = 0; i < due.size(); i += kSightingsAtATime) {
    if (stops(parts_.clock_doubt())) {
      break;
    }
    const auto first = due.begin() + static_cast<std::ptrdiff_t>(i);
    const std::size_t count = std::min(kSightingsAtATime, due.size() - i);
    Facts some = EraseSightings{.sightings = {first, first + static_cast<std::ptrdiff_t>(count)},
                                .reason = EraseReason::Retention,
                                .noted = true,
                                .at = now};
    const auto done = co_await commit(std::move(some));
    if (!done) {
      break;
    }
    erased += done->erased;
  }
  if (erased > 0) {
    parts_.journal.info("erased", {{"sightings", std::to_string(erased)}, {"reason", "retention"}});
    AuditEvent event{.kind = AuditKind::Erasure, .time = now};
    event.count = erased;
    event.details = {"retention"};
    note_soon(parts_.store.audit(), std::move(event));
  }
  co_return stopped_.empty();
}

asio::awaitable<void> Retention::forget_tombstones() {
  const Day today = day_of(parts_.clock.now());
  if (!options_.tombstones || day_begun_ == today) {
    co_return;
  }
  const auto kept = std::chrono::ceil<std::chrono::days>(*options_.tombstones);
  for (;;) {
    if (stops(parts_.clock_doubt())) {
      co_return;
    }
    Facts begins = BeginDay{.today = today, .forget_before = today - kept};
    const auto done = co_await commit(std::move(begins));
    if (!done) {
      co_return;
    }
    if (done->tombstones_forgotten < kMostTombstones) {
      day_begun_ = today;
      co_return;
    }
  }
}

/// What is due, at most `most` of it; nothing when nothing can be erased now.
asio::awaitable<std::optional<std::vector<SightingId>>> Retention::look(TimePoint now,
                                                                        std::size_t most) {
  if (!options_.sightings) {
    oldest_.reset();
    co_return std::vector<SightingId>();
  }
  const TimePoint limit = now - *options_.sightings;
  auto aged = co_await on_worker(
      parts_.workers, [this, limit, now, most] { return parts_.store.aged(limit, now, most); });
  if (!aged) {
    fail(aged.error());
    co_return std::nullopt;
  }
  oldest_ = aged->oldest;
  co_return std::move(aged->sightings);
}

asio::awaitable<std::optional<CommitOutcome>> Retention::commit(Facts facts) {
  auto outcome = co_await sightingd::commit(parts_.store, std::move(facts));
  if (!outcome) {
    fail(outcome.error());
    co_return std::nullopt;
  }
  co_return std::move(*outcome);
}

/// Whether there is a reason to stop, which is told once.
bool Retention::stops(std::string reason) {
  if (!reason.empty() && reason != stopped_) {
    parts_.journal.warning("retention-stopped", {{"message", reason}});
  } else if (reason.empty() && !stopped_.empty()) {
    parts_.journal.info("retention-goes-on", {});
  }
  stopped_ = std::move(reason);
  return !stopped_.empty();
}

/// A disk that is full is the store's to tell of; the next sweep tries again.
void Retention::fail(const Error& error) {
  if (error.reason != "no-space") {
    parts_.on_storage_failure(error);
  }
}

}  // namespace sightingd
