#include "daemon/ingest/clock_check.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

using namespace std::chrono_literals;

TEST(ClockCheckTest, HasNothingAgainstClocksThatAgree) {
  EXPECT_EQ(clock_complaint({}, 0ms), "");
  EXPECT_EQ(clock_complaint({30min, -30min}, 10min), "");
}

TEST(ClockCheckTest, SaysThatTheClockIsFarFromThoseOfTheSources) {
  EXPECT_NE(clock_complaint({61min}, 0ms), "");
  EXPECT_NE(clock_complaint({-2h, -2h, 0ms}, 0ms), "");
}

TEST(ClockCheckTest, BelievesTheMajorityOfTheSources) {
  EXPECT_EQ(clock_complaint({-2h, 0ms, 1s}, 0ms), "");
}

TEST(ClockCheckTest, SaysThatTheClockWasSetWhileTheProgramRan) {
  EXPECT_NE(clock_complaint({0ms}, 61min), "");
  EXPECT_NE(clock_complaint({0ms}, -61min), "");
}

}  // namespace
}  // namespace sightingd
