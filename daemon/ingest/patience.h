#pragma once

#include <algorithm>
#include <chrono>

namespace sightingd {

/// With a source that does not say whether posts are gone: after each failure in a row it is left
/// alone twice as long, from a minute up to an hour.
class Patience {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  bool is_over(TimePoint now) const { return now >= until_; }
  /// In a row.
  int failures() const { return failures_; }

  void note(bool answered, TimePoint now) {
    failures_ = answered ? 0 : failures_ + 1;
    until_ =
        answered ? now : now + std::min(kShortest * (1 << std::min(failures_ - 1, 10)), kLongest);
  }

 private:
  static constexpr std::chrono::minutes kShortest{1};
  static constexpr std::chrono::minutes kLongest{60};

  int failures_ = 0;
  TimePoint until_;
};

}  // namespace sightingd
