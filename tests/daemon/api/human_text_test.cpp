#include "daemon/api/human_text.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

using std::chrono::seconds;

TEST(HumanTextTest, CutsADurationToOneUnit) {
  EXPECT_EQ(duration_text(seconds(-1)), "0 s");
  EXPECT_EQ(duration_text(seconds(119)), "119 s");
  EXPECT_EQ(duration_text(seconds(120)), "2 min");
  EXPECT_EQ(duration_text(seconds(2 * 3600)), "2 h");
  EXPECT_EQ(duration_text(seconds(3 * 86400 - 1)), "2 d");
}

TEST(HumanTextTest, LeavesAtMostFiveDigitsOfASize) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(10'239), "10239 B");
  EXPECT_EQ(size_text(10'240), "10 KiB");
  EXPECT_EQ(size_text(20ULL << 30U), "20 GiB");
}

TEST(HumanTextTest, NeverRoundsUpToWhole) {
  EXPECT_EQ(percent_text(0.99999), "99.9 %");
  EXPECT_EQ(percent_text(1), "100.0 %");
}

}  // namespace
}  // namespace sightingd
