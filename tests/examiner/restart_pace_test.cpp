#include "examiner/restart_pace.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

using namespace std::chrono_literals;

const RestartPace::Time kStart = RestartPace::Time(1h);

TEST(RestartPaceTest, LetsABurstGoAtOnceAndSpreadsTheRest) {
  RestartPace pace(3, 100ms);

  for (const auto expected : {0ms, 0ms, 0ms, 100ms, 200ms}) {
    EXPECT_EQ(pace.book(kStart), kStart + expected);
  }
}

TEST(RestartPaceTest, ForgetsWhatIsLongAgo) {
  RestartPace pace(1, 100ms);
  pace.book(kStart);

  EXPECT_EQ(pace.book(kStart + 1h), kStart + 1h);
  EXPECT_EQ(pace.book(kStart + 1h), kStart + 1h + 100ms);
}

}  // namespace
}  // namespace sightingd
