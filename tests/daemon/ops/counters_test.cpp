#include "daemon/ops/counters.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

TEST(StageDurationsTest, PutsADurationOnABoundIntoTheBucketBelow) {
  StageDurations durations;

  durations.record(Stage::Fetch, microseconds(100));

  EXPECT_EQ(durations.of(Stage::Fetch).counts.front(), 1U);
}

TEST(StageDurationsTest, PutsWhatExceedsEveryBoundIntoTheLastBucket) {
  StageDurations durations;

  durations.record(Stage::Commit, seconds(11));

  EXPECT_EQ(durations.of(Stage::Commit).counts.back(), 1U);
  EXPECT_EQ(durations.of(Stage::Commit).sum, seconds(11));
}

TEST(StageDurationsTest, KeepsStagesApart) {
  StageDurations durations;

  durations.record(Stage::Examine, seconds(1));

  EXPECT_EQ(durations.of(Stage::Deduplicate).sum, seconds(0));
}

}  // namespace
}  // namespace sightingd
