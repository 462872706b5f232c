#include "daemon/ingest/patience.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

using namespace std::chrono_literals;

const Patience::TimePoint kNow{1000h};

TEST(PatienceTest, IsOverAtOnceWhenNothingHasFailed) {
  Patience patience;
  EXPECT_TRUE(patience.is_over(kNow));

  patience.note(true, kNow);

  EXPECT_TRUE(patience.is_over(kNow));
}

TEST(PatienceTest, LastsTwiceAsLongAfterEachFailureUpToAnHour) {
  Patience patience;
  for (const auto lasts : {1min, 2min, 4min, 8min, 16min, 32min, 60min, 60min}) {
    patience.note(false, kNow);

    EXPECT_FALSE(patience.is_over(kNow + lasts - 1s));
    EXPECT_TRUE(patience.is_over(kNow + lasts));
  }
  for (int i = 0; i < 100; ++i) {
    patience.note(false, kNow);
  }
  EXPECT_TRUE(patience.is_over(kNow + 60min)) << "however often";
}

TEST(PatienceTest, BeginsAnewAfterAnAnswer) {
  Patience patience;
  patience.note(false, kNow);
  patience.note(false, kNow);

  patience.note(true, kNow);
  EXPECT_EQ(patience.failures(), 0);
  patience.note(false, kNow);

  EXPECT_TRUE(patience.is_over(kNow + 1min));
}

}  // namespace
}  // namespace sightingd
