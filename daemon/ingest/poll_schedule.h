#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace sightingd {

/// When a watch is polled next: faster while posts arrive, slower while none do, backing off
/// while its source fails. Pure; jitter comes from its own seeded generator, so that watches
/// do not poll in step.
class PollSchedule {
 public:
  struct Intervals {
    std::chrono::milliseconds shortest = std::chrono::seconds(60);
    std::chrono::milliseconds longest = std::chrono::minutes(15);
    /// The wait after a first failure; doubled by each that follows, up to `longest`.
    std::chrono::milliseconds first_backoff = std::chrono::seconds(15);
  };

  PollSchedule(Intervals intervals, std::uint32_t seed);

  /// The wait after a poll that reached the head and brought `new_posts`.
  std::chrono::milliseconds after_success(std::uint64_t new_posts);

  /// The wait after a failed poll: never shorter than what the other side asked for.
  std::chrono::milliseconds after_failure(std::chrono::milliseconds asked_for);

  /// The wait when a poll was sent away until later: exactly that long, for then it is its turn.
  std::chrono::milliseconds after_rate_limit(std::chrono::milliseconds asked_for);

  /// A page became durable: the source works, whatever failed before.
  void made_progress() { backoff_ = std::chrono::milliseconds(0); }

  /// The wait after a refusal that only an operator can end.
  std::chrono::milliseconds after_refusal(std::chrono::milliseconds asked_for);

  /// Changes the bounds, keeping what was learnt where it fits.
  void change(Intervals intervals);

 private:
  std::chrono::milliseconds jittered(std::chrono::milliseconds wait);

  Intervals intervals_;
  std::chrono::milliseconds interval_;
  std::chrono::milliseconds backoff_{0};
  std::mt19937 random_;
};

}  // namespace sightingd
