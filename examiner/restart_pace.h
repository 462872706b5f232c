#pragma once

#include <chrono>

namespace sightingd {

/// Spreads the restarts of processes that keep dying: a burst is allowed, then one at a time
/// (the generic cell rate algorithm of ITU-T I.371).
class RestartPace {
 public:
  using Time = std::chrono::steady_clock::time_point;

  RestartPace(int burst, std::chrono::milliseconds interval)
      : interval_(interval), tolerance_(interval * (burst - 1)) {}

  /// Books the next restart and says when it may happen; not before `now`.
  Time book(Time now);

 private:
  std::chrono::milliseconds interval_;
  std::chrono::milliseconds tolerance_;
  Time next_{};  // When a restart would be exactly on pace.
};

}  // namespace sightingd
