#include "pipeline/image/metadata/capture_time.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

TEST(CaptureTimeTest, KeepsTheOffsetOnlyWhereOneWasWritten) {
  EXPECT_EQ(capture_time("2026:01:31 18:22:10", "", "+08:00"), "2026-01-31T18:22:10+08:00");
  EXPECT_EQ(capture_time("2026:01:31 18:22:10", "", "Z"), "2026-01-31T18:22:10Z");
  EXPECT_EQ(capture_time("2026:01:31 18:22:10", "", ""), "2026-01-31T18:22:10");
}

TEST(CaptureTimeTest, WritesFractionsAsMilliseconds) {
  EXPECT_EQ(capture_time("2026:01:31 18:22:10", "12", ""), "2026-01-31T18:22:10.120");
  EXPECT_EQ(capture_time("2026:01:31 18:22:10", "123456 ", ""), "2026-01-31T18:22:10.123");
  EXPECT_EQ(capture_time("2026:01:31 18:22:10", "x1", ""), "2026-01-31T18:22:10");
}

TEST(CaptureTimeTest, IgnoresAnOffsetThatIsNone) {
  EXPECT_EQ(capture_time("2026:01:31 18:22:10", "", "   :  "), "2026-01-31T18:22:10");
  EXPECT_EQ(capture_time("2026:01:31 18:22:10", "", "+99:00"), "2026-01-31T18:22:10");
  EXPECT_EQ(capture_time("2026:01:31 18:22:10", "", ".1234567890123456789+08:00"),
            "2026-01-31T18:22:10");
}

TEST(CaptureTimeTest, RefusesWhatIsNoTime) {
  EXPECT_FALSE(capture_time("0000:00:00 00:00:00", "", ""));
  EXPECT_FALSE(capture_time("    :  :     :  :  ", "", ""));
  EXPECT_FALSE(capture_time("2026:02:30 18:22:10", "", ""));
  EXPECT_FALSE(capture_time("2026:01:31 25:22:10", "", ""));
  EXPECT_FALSE(capture_time("2026:01:31", "", ""));
  EXPECT_FALSE(capture_time("", "", ""));
}

TEST(CaptureTimeTest, ReadsIsoText) {
  EXPECT_EQ(capture_time("2026-01-31T18:22:10.5+08:00"), "2026-01-31T18:22:10.500+08:00");
  EXPECT_EQ(capture_time("2026-01-31T18:22:10"), "2026-01-31T18:22:10");
  EXPECT_EQ(capture_time("2026-01-31t18:22:10z"), "2026-01-31T18:22:10Z");
  EXPECT_EQ(capture_time("2026-01-31T18:22:10."), "2026-01-31T18:22:10");
  EXPECT_FALSE(capture_time("2026-01-31"));
  EXPECT_FALSE(capture_time("2026-01"));
}

}  // namespace
}  // namespace sightingd
