#include "connectors/mastodon/mastodon_id.h"

#include "pipeline/post.h"

#include <gtest/gtest.h>

#include <string>

namespace sightingd {
namespace {

std::string time_text(std::string_view id) {
  const auto time = time_of_id(id);
  return time ? format_rfc3339(*time) : "none";
}

std::string id_of_position(std::string position) {
  std::erase(position, kFinePosition);
  return position.substr(1);
}

TEST(MastodonIdTest, OrdersByLengthThenBytes) {
  EXPECT_TRUE(is_older_id("99", "100"));
  EXPECT_TRUE(is_older_id("116515506808422477", "116515524517757029"));
  EXPECT_TRUE(is_older_id("01KQS3EFM0E4A31XGP9T9R0FCK", "01M85EQ5YHY2TTDGD4Z6Z3XB1K"));
  EXPECT_TRUE(is_older_id("AxK3vQ9ZtM1c7Wd0aB2", "AxK3vQ9ZtM1c7Wd0aB3"));
  EXPECT_FALSE(is_older_id("5", "5"));
}

TEST(MastodonIdTest, PositionsSortAsIdsDo) {
  const char* ascending[] = {"9",
                             "10",
                             "99",
                             "100",
                             "116515506808422477",
                             "1165A5506808422477",
                             "18446744073709551615",
                             "01KQS3EFM0E4A31XGP9T9R0FCK",
                             "01M85EQ5YHY2TTDGD4Z6Z3XB1K"};
  for (std::size_t i = 1; i < std::size(ascending); ++i) {
    EXPECT_LT(position_of_id(ascending[i - 1]), position_of_id(ascending[i]));
    EXPECT_LT(position_of_id(ascending[i]), position_after_all_ids());
  }
}

TEST(MastodonIdTest, SharesTheCoarsePartOfAPositionAmongPostsOfManyMinutes) {
  const auto coarse = [](std::string_view id) {
    return std::string(coarse_position(position_of_id(id)));
  };

  EXPECT_EQ(coarse("116515524517757029"), std::string("\x12") + "1165155");
  EXPECT_EQ(coarse("1234567"), std::string("\x07") + "123");
  EXPECT_EQ(coarse("123"), "\x03");
  EXPECT_EQ(coarse("01KQS3EFM0E4A31XGP9T9R0FCK"), std::string("\x1a") + "01KQS");
  EXPECT_EQ(coarse("01a20af7-293a-7f9a-95cf-12e7e38f03f9"), std::string("\x24") + "01a20af");
}

TEST(MastodonIdTest, ReadsTheTimeOfIdsThatCarryOne) {
  EXPECT_EQ(time_text("116515524517757029"), "2026-05-04T09:10:11.123Z");
  EXPECT_EQ(time_text("01KQS3EFM0E4A31XGP9T9R0FCK"), "2026-05-04T09:00:00.000Z");
  EXPECT_EQ(time_text("01a20af7-293a-7f9a-95cf-12e7e38f03f9"), "2026-11-24T00:31:39.834Z");
  EXPECT_EQ(time_text("AxK3vQ9ZtM1c7Wd0aB3"), "none");
  EXPECT_EQ(time_text("12345"), "none");
  EXPECT_EQ(time_text("99999999999999999999"), "none");
  EXPECT_EQ(time_text(""), "none");
}

TEST(MastodonIdTest, FindsTheLowestPositionOfATime) {
  for (const std::string id : {"116515524517757029", "01KQS3EFM0E4A31XGP9T9R0FCK",
                               "01a20af7-293a-7f9a-95cf-12e7e38f03f9"}) {
    const TimePoint time = time_of_id(id).value();

    const std::string lowest = position_of_time(time, id).value();

    EXPECT_LE(lowest, position_of_id(id));
    EXPECT_EQ(time_of_id(id_of_position(lowest)), time);
  }
  EXPECT_FALSE(position_of_time(TimePoint{}, "AxK3vQ9ZtM1c7Wd0aB3"));
}

TEST(MastodonIdTest, TakesNothingElseForAnId) {
  EXPECT_TRUE(is_mastodon_id("01a20af7-293a-7f9a-95cf-12e7e38f03f9"));
  for (const char* text : {"", "../1", "1 2", "1&limit=1", "寻人", "1\n"}) {
    EXPECT_FALSE(is_mastodon_id(text)) << text;
  }
  EXPECT_FALSE(is_mastodon_id(std::string(65, '1')));
}

}  // namespace
}  // namespace sightingd
