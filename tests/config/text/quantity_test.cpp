#include "config/text/quantity.h"

#include <gtest/gtest.h>

namespace sightingd::test {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(QuantityTest, ReadsDurations) {
  EXPECT_EQ(parse_duration("15s"), seconds(15));
  EXPECT_EQ(parse_duration("5m"), minutes(5));
  EXPECT_EQ(parse_duration("2h"), hours(2));
  EXPECT_EQ(parse_duration("7d"), days(7));
  EXPECT_EQ(parse_duration("2y"), days(730));
  EXPECT_EQ(parse_duration("0s"), seconds(0));
}

TEST(QuantityTest, ReadsSizesAndPixels) {
  EXPECT_EQ(parse_size("20MiB"), 20'971'520U);
  EXPECT_EQ(parse_size("500kB"), 500'000U);
  EXPECT_EQ(parse_size("1B"), 1U);
  EXPECT_EQ(parse_pixels("80MP"), 80'000'000U);
  EXPECT_EQ(parse_pixels("10px"), 10U);
}

TEST(QuantityTest, ReadsRates) {
  EXPECT_EQ(parse_rate("300/15m"), (RequestLimit{300, minutes(15)}));
  EXPECT_EQ(parse_rate("200/d"), (RequestLimit{200, days(1)}));
}

TEST(QuantityTest, RefusesEverythingElse) {
  for (const char* text : {"", "s", "15", "15 s", " 15s", "15s ", "-15s", "+15s", "1.5h", "15S",
                           "0x5s", "15ss", "99999999999999999999s", "101y", "never"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  for (const char* text : {"", "20", "MiB", "20mib", "20M", "18446744073709551615TiB", "-1B"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
  for (const char* text :
       {"", "/", "300", "300/", "/15m", "0/15m", "300/0s", "-1/d", "300/15m/1", "4294967296/d"}) {
    EXPECT_FALSE(parse_rate(text)) << text;
  }
}

TEST(QuantityTest, WritesTheLargestUnitThatFits) {
  EXPECT_EQ(format_duration(seconds(0)), "0s");
  EXPECT_EQ(format_duration(seconds(90)), "90s");
  EXPECT_EQ(format_duration(minutes(60)), "1h");
  EXPECT_EQ(format_duration(days(365)), "1y");
  EXPECT_EQ(format_size(20U << 20U), "20MiB");
  EXPECT_EQ(format_size(1'500'000), "1500kB");
  EXPECT_EQ(format_pixels(80'000'000), "80MP");
  EXPECT_EQ(format_rate({300, minutes(15)}), "300/15m");
}

}  // namespace
}  // namespace sightingd::test
