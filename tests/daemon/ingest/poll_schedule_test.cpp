#include "daemon/ingest/poll_schedule.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

using namespace std::chrono_literals;

constexpr PollSchedule::Intervals kIntervals = {
    .shortest = 60s, .longest = 900s, .first_backoff = 15s};

TEST(PollScheduleTest, NeverPollsFasterThanTheShortestInterval) {
  PollSchedule schedule(kIntervals, 1);
  for (int i = 0; i < 100; ++i) {
    EXPECT_GE(schedule.after_success(10), 60s);
  }
}

TEST(PollScheduleTest, SlowsDownToTheLongestIntervalWhileNothingComes) {
  PollSchedule schedule(kIntervals, 1);
  std::chrono::milliseconds last{0};
  for (int i = 0; i < 20; ++i) {
    last = schedule.after_success(0);
  }
  EXPECT_GE(last, 900s);
  EXPECT_LE(last, 990s);
}

TEST(PollScheduleTest, SpeedsUpAgainWhenPostsArrive) {
  PollSchedule schedule(kIntervals, 1);
  for (int i = 0; i < 20; ++i) {
    schedule.after_success(0);
  }
  const auto slow = schedule.after_success(0);
  const auto faster = schedule.after_success(3);
  EXPECT_LT(faster, slow * 2 / 3);
}

TEST(PollScheduleTest, BacksOffTwiceAsLongAfterEachFailureUpToTheLongestInterval) {
  PollSchedule schedule(kIntervals, 1);
  const auto first = schedule.after_failure(0ms);
  const auto second = schedule.after_failure(0ms);
  EXPECT_GE(first, 15s);
  EXPECT_LE(first, 16500ms);
  EXPECT_GE(second, 30s);
  std::chrono::milliseconds last{0};
  for (int i = 0; i < 20; ++i) {
    last = schedule.after_failure(0ms);
  }
  EXPECT_LE(last, 990s);
}

TEST(PollScheduleTest, StartsBackingOffAnewAfterASuccess) {
  PollSchedule schedule(kIntervals, 1);
  schedule.after_failure(0ms);
  schedule.after_failure(0ms);
  schedule.after_success(0);
  EXPECT_LE(schedule.after_failure(0ms), 16500ms);
}

TEST(PollScheduleTest, StartsBackingOffAnewAfterAPageThatBecameDurable) {
  PollSchedule schedule(kIntervals, 1);
  schedule.after_failure(0ms);
  schedule.after_failure(0ms);
  schedule.made_progress();
  EXPECT_LE(schedule.after_failure(0ms), 16500ms);
}

TEST(PollScheduleTest, ComesBackAtItsTurnWhenItWasSentAwayUntilThen) {
  PollSchedule schedule(kIntervals, 1);
  schedule.after_failure(0ms);
  schedule.after_failure(0ms);
  EXPECT_EQ(schedule.after_rate_limit(3200ms), 3200ms);
  EXPECT_GE(schedule.after_rate_limit(0ms), 15s);
}

TEST(PollScheduleTest, WaitsAsLongAsTheSourceAskedFor) {
  PollSchedule schedule(kIntervals, 1);
  EXPECT_EQ(schedule.after_failure(5h), 5h);
  EXPECT_EQ(schedule.after_refusal(5h), 5h);
}

TEST(PollScheduleTest, TwoWatchesDoNotPollInStep) {
  PollSchedule one(kIntervals, 1);
  PollSchedule other(kIntervals, 2);
  EXPECT_NE(one.after_success(0), other.after_success(0));
}

}  // namespace
}  // namespace sightingd
