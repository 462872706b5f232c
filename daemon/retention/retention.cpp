#include "daemon/retention/retention.h"

#include "daemon/audit/note.h"
#include "daemon/workers/commit.h"
#include "daemon/workers/on_worker.h"
#include "pipeline/erasing.h"
#include "storage/backup/backups.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
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
         std::to_string(age.count()) + "s --reason TEXT --confirm\" do it";
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
    // First: sources have told the time by then.
    asio::steady_timer next(parts_.executor, kSweepEvery);
    co_await next.async_wait(asio::use_awaitable);
    co_await sweep();
  }
}

asio::awaitable<void> Retention::sweep() {
  co_await expire_backups();
  const bool goes_on = co_await erase_aged();
  if (goes_on) {
    co_await forget_tombstones();
  }
}

/// A clock that jumped must not take all backups away.
asio::awaitable<void> Retention::expire_backups() {
  if (!parts_.clock_doubt().empty()) {
    co_return;
  }
  const TimePoint now = parts_.clock.now();
  const Result<std::uint64_t> expired =
      co_await on_worker(parts_.workers, [&] { return parts_.store.backups().expire(now); });
  const std::string failure = expired ? "" : expired.error().message;
  if (!failure.empty() && failure != backup_failure_) {
    parts_.journal.warning("backups-not-expired", {{"message", failure}});
  }
  backup_failure_ = failure;
  if (expired && *expired > 0) {
    parts_.journal.info("backups-expired", {{"backups", std::to_string(*expired)}});
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
  // A reload may change it meanwhile.
  const std::optional<std::chrono::seconds> age = options_.sightings;
  if (!age) {
    oldest_.reset();
    co_return !stops(parts_.clock_doubt());
  }
  // Before the clock is asked for: what happens to it meanwhile is seen.
  const TimePoint now = parts_.clock.now();
  const TimePoint first_seen_before = now - *age;
  const std::uint64_t stored = parts_.store.statistics().sightings;
  const std::uint64_t most = erased_unconfirmed(stored);
  auto found = co_await due(first_seen_before, now, most + 1);
  if (!found || stops(parts_.clock_doubt())) {
    co_return false;
  }
  if (found->size() > most) {
    co_return !stops(too_many(stored, *age));
  }
  stops("");
  all_looked_at_on_ = day_of(now);
  if (found->empty()) {
    co_return true;
  }
  const bool erased = co_await erase(std::move(*found), first_seen_before);
  if (erased) {
    co_await look(first_seen_before, now, 1);
  }
  co_return erased;
}

asio::awaitable<bool> Retention::erase(std::vector<SightingId> due, TimePoint first_seen_before) {
  const TimePoint now = parts_.clock.now();
  const bool noted = co_await note_age(first_seen_before, now);
  if (!noted) {
    co_return false;
  }
  for (std::size_t i = 0; i < due.size(); i += kSightingsAtATime) {
    if (stops(parts_.clock_doubt())) {
      co_return false;
    }
    const auto first = due.begin() + static_cast<std::ptrdiff_t>(i);
    const std::size_t count = std::min(kSightingsAtATime, due.size() - i);
    Facts some = EraseSightings{.sightings = {first, first + static_cast<std::ptrdiff_t>(count)},
                                .reason = EraseReason::Retention,
                                .noted = true,
                                .at = now};
    const auto done = co_await commit(std::move(some));
    if (!done) {
      co_return false;
    }
    tell(done->erased);
  }
  co_return true;
}

/// Once a day is often enough: a copy of the store that is brought back erases the rest by itself.
asio::awaitable<bool> Retention::note_age(TimePoint first_seen_before, TimePoint now) {
  if (age_noted_on_ == day_of(now)) {
    co_return true;
  }
  Facts note = NoteAge{.first_seen_before = first_seen_before, .at = now};
  const auto noted = co_await commit(std::move(note));
  if (noted) {
    age_noted_on_ = day_of(now);
  }
  co_return noted.has_value();
}

void Retention::tell(std::uint64_t erased) {
  if (erased == 0) {
    return;
  }
  parts_.journal.info("erased", {{"sightings", std::to_string(erased)}, {"reason", "retention"}});
  AuditEvent event{.kind = AuditKind::Erasure, .time = parts_.clock.now()};
  event.count = erased;
  event.details = {"retention"};
  note_soon(parts_.store.audit(), std::move(event));
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

/// What is due, at most `most` of it; nothing when it cannot be read.
asio::awaitable<std::optional<std::vector<SightingId>>> Retention::due(TimePoint first_seen_before,
                                                                       TimePoint now,
                                                                       std::size_t most) {
  auto found = co_await look(first_seen_before, now, most);
  if (found && found->size() < most && all_looked_at_on_ != day_of(now)) {
    co_return co_await look_at_all(first_seen_before, now, most);
  }
  co_return found;
}

asio::awaitable<std::optional<std::vector<SightingId>>> Retention::look(TimePoint first_seen_before,
                                                                        TimePoint now,
                                                                        std::size_t most) {
  auto aged = co_await on_worker(parts_.workers, [this, first_seen_before, now, most] {
    return parts_.store.aged(first_seen_before, now, most);
  });
  if (!aged) {
    fail(aged.error());
    co_return std::nullopt;
  }
  oldest_ = aged->oldest;
  co_return std::move(aged->sightings);
}

asio::awaitable<std::optional<std::vector<SightingId>>> Retention::look_at_all(
    TimePoint first_seen_before, TimePoint now, std::size_t most) {
  const Store::Wanted is_due = [first_seen_before, now](const KnownSighting& known) {
    return known.sighting.first_seen_at < first_seen_before && !is_held(known, now);
  };
  std::vector<SightingId> found;
  std::uint64_t after = 0;
  do {
    auto piece = co_await on_worker(parts_.workers, [this, &is_due, after] {
      return parts_.store.search(is_due, after, kSightingsAtATime);
    });
    if (!piece) {
      fail(piece.error());
      co_return std::nullopt;
    }
    std::ranges::move(piece->found, std::back_inserter(found));
    after = piece->last;
  } while (after != 0 && found.size() < most);
  co_return found;
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
