#include "pipeline/time.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

using namespace std::chrono_literals;

TEST(TimeTest, WritesMilliseconds) {
  EXPECT_EQ(format_rfc3339(TimePoint(0ms)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339(TimePoint(1769940003120ms)), "2026-02-01T10:00:03.120Z");
  EXPECT_EQ(format_rfc3339(TimePoint(-1ms)), "1969-12-31T23:59:59.999Z");
}

TEST(TimeTest, ReadsEveryFormThatNetworksWrite) {
  const TimePoint noon(1769947200000ms);
  EXPECT_EQ(parse_rfc3339("2026-02-01T12:00:00Z"), noon);
  EXPECT_EQ(parse_rfc3339("2026-02-01T12:00:00.5Z"), noon + 500ms);
  EXPECT_EQ(parse_rfc3339("2026-02-01T12:00:00.123456789Z"), noon + 123ms);
  EXPECT_EQ(parse_rfc3339("2026-02-01T20:00:00+08:00"), noon);
  EXPECT_EQ(parse_rfc3339("2026-02-01T06:30:00-05:30"), noon);
}

TEST(TimeTest, ReadsBackWhatItWrote) {
  const TimePoint time(1769947200987ms);
  EXPECT_EQ(parse_rfc3339(format_rfc3339(time)), time);
}

TEST(TimeTest, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2026-02-01", "2026-02-30T12:00:00Z", "2026-13-01T12:00:00Z", "2026-02-01T24:00:00Z",
        "2026-02-01T12:00:00", "2026-02-01T12:00:00.Z", "2026-02-01T12:00:00+0800",
        "0000-01-01T00:00:00Z", "2026-02-01T12:00:00Zx", "2026-02-01T12:00:61Z", "yesterday"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

}  // namespace
}  // namespace sightingd
