#pragma once

#include "pipeline/time.h"

namespace sightingd::test {

/// A clock that stands still until the test moves it.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimePoint start = *parse_rfc3339("2026-02-01T10:00:00Z")) : now_(start) {}

  TimePoint now() const override { return now_; }
  std::chrono::milliseconds since_boot() const override { return since_boot_; }
  void advance(std::chrono::milliseconds by) {
    now_ += by;
    since_boot_ += by;
  }
  /// Somebody sets the wall clock.
  void set(TimePoint now) { now_ = now; }

 private:
  TimePoint now_;
  std::chrono::milliseconds since_boot_ = std::chrono::hours(1);
};

}  // namespace sightingd::test
