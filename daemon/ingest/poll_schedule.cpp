#include "daemon/ingest/poll_schedule.h"

#include <algorithm>

namespace sightingd {

using std::chrono::milliseconds;

PollSchedule::PollSchedule(Intervals intervals, std::uint32_t seed)
    : intervals_(intervals), interval_(intervals.shortest), random_(seed) {}

milliseconds PollSchedule::after_success(std::uint64_t new_posts) {
  backoff_ = milliseconds(0);
  interval_ = new_posts > 0 ? interval_ / 2 : interval_ + interval_ / 2;
  interval_ = std::clamp(interval_, intervals_.shortest, intervals_.longest);
  return jittered(interval_);
}

milliseconds PollSchedule::after_failure(milliseconds asked_for) {
  backoff_ = backoff_.count() == 0 ? intervals_.first_backoff : backoff_ * 2;
  backoff_ = std::min(backoff_, intervals_.longest);
  return std::max(asked_for, jittered(backoff_));
}

milliseconds PollSchedule::after_rate_limit(milliseconds asked_for) {
  return asked_for.count() > 0 ? asked_for : after_failure(asked_for);
}

milliseconds PollSchedule::after_refusal(milliseconds asked_for) {
  return std::max(asked_for, jittered(intervals_.longest));
}

void PollSchedule::change(Intervals intervals) {
  intervals_ = intervals;
  interval_ = std::clamp(interval_, intervals_.shortest, intervals_.longest);
}

// Up to a tenth longer, never shorter: `shortest` is a promise to the source.
milliseconds PollSchedule::jittered(milliseconds wait) {
  std::uniform_int_distribution<milliseconds::rep> extra(
      0, std::max<milliseconds::rep>(wait.count() / 10, 0));
  return wait + milliseconds(extra(random_));
}

}  // namespace sightingd
