#include "pipeline/geo/place_name.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

TEST(PlaceNameTest, GoesFromTheSmallestPartToTheLargest) {
  EXPECT_EQ(place_name({.sublocation = "Lincoln Memorial",
                        .city = "Washington",
                        .state = "DC",
                        .country = "United States of America"}),
            "Lincoln Memorial, Washington, DC, United States of America");
}

TEST(PlaceNameTest, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ(place_name({.city = "深圳", .country = "中国"}), "深圳, 中国");
  EXPECT_EQ(place_name({.country = "India"}), "India");
  EXPECT_FALSE(place_name({}));
}

TEST(PlaceNameTest, SaysARepeatedPartOnce) {
  EXPECT_EQ(place_name({.city = "OLDENBURG", .state = "OLDENBURG", .country = "GERMANY"}),
            "OLDENBURG, GERMANY");
}

TEST(PlaceNameTest, LeavesOutAPartThatIsNoName) {
  EXPECT_EQ(place_name({.city = "a\nb", .state = "a\xff", .country = "India"}), "India");
}

TEST(PlaceNameTest, LeavesOutAPartThatDoesNotFit) {
  const std::string long_city(200, 'c');
  const std::string long_state(60, 's');

  const auto name = place_name({.city = long_city, .state = long_state, .country = "India"});

  EXPECT_EQ(name, long_city + ", India");
}

TEST(PlaceNameTest, IsWellFormedUtf8) {
  for (const char* text : {"Z", "Göteborg", "深圳", "\xf0\x9f\x97\xba", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_place_name(text)) << text;
  }
  for (const char* text : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xe6\xb7z",
                           "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80"}) {
    EXPECT_FALSE(is_place_name(text)) << text;
  }
}

TEST(PlaceNameTest, HoldsNoControlCharacter) {
  for (const char* text : {"a\nb", "\x1b[31m", "\x7f", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xae",
                           "\xe2\x81\xa6", "\xef\xbb\xbf"}) {
    EXPECT_FALSE(is_place_name(text));
  }
  EXPECT_FALSE(is_place_name(std::string_view("a\0b", 3)));
}

TEST(PlaceNameTest, IsNeitherEmptyNorEndless) {
  EXPECT_FALSE(is_place_name(""));
  EXPECT_TRUE(is_place_name(std::string(kLongestPlaceName, 'a')));
  EXPECT_FALSE(is_place_name(std::string(kLongestPlaceName + 1, 'a')));
}

}  // namespace
}  // namespace sightingd
