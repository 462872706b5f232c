#include "pipeline/image/metadata/coordinate_text.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

std::optional<double> latitude(std::string_view text, std::string_view ref = {}) {
  return coordinate_of(text, ref, "NS");
}

TEST(CoordinateTextTest, ReadsEveryFormThatProgramsWrite) {
  for (const char* text :
       {"22,13.002N", "22,13,0.12N", "22.2167N", "22.2167", "+22.2167", "22.2167 n", "N22.2167",
        "22°13'0.12\"N", "22° 13' 0.12\" N", "N 22° 13.002'", "22 deg 13' 0.12\" N", "22:13:0.12N",
        "22 13 0.12 N", "22º13′0.12″N", "22.2167° N", "22,13.002,0N"}) {
    const auto degrees = latitude(text);

    ASSERT_TRUE(degrees) << text;
    EXPECT_NEAR(*degrees, 22.2167, 1e-9) << text;
  }
}

TEST(CoordinateTextTest, TurnsSouthAndWestNegative) {
  EXPECT_EQ(latitude("33.5S"), -33.5);
  EXPECT_EQ(latitude("-33.5"), -33.5);
  EXPECT_EQ(latitude("-33.5S"), -33.5);
  EXPECT_EQ(latitude("33,30", "South"), -33.5);
  EXPECT_EQ(coordinate_of("58.5", "w", "EW"), -58.5);
}

TEST(CoordinateTextTest, RefusesAHemisphereThatIsNotKnown) {
  EXPECT_FALSE(latitude("22,13.002"));
  EXPECT_FALSE(latitude("22,13.002E"));
  EXPECT_FALSE(latitude("22,13.002", "E"));
  EXPECT_FALSE(latitude("22.5", "?"));
}

TEST(CoordinateTextTest, RefusesContradictions) {
  EXPECT_FALSE(latitude("-22,13N"));
  EXPECT_FALSE(latitude("+22.5S"));
  EXPECT_FALSE(latitude("22.5N", "S"));
  EXPECT_FALSE(latitude("N22.5S"));
  EXPECT_FALSE(latitude("22.5,13N"));
  EXPECT_FALSE(latitude("22,13.5,7N"));
}

TEST(CoordinateTextTest, RefusesWhatIsNoCoordinate) {
  for (const char* text : {"", " ", "N", "north", "22,1300N", "22,13,61N", "22,13N north", "inf",
                           "nan", "1e1N", "0x10N", "22.5N 113.5E", "22,13,0,0N", ",22N"}) {
    EXPECT_FALSE(latitude(text)) << text;
  }
}

TEST(CoordinateTextTest, ReadsNumbersAndRatios) {
  EXPECT_EQ(number_of("12"), 12);
  EXPECT_EQ(number_of("-12.5"), -12.5);
  EXPECT_EQ(number_of("1250/100"), 12.5);
  EXPECT_EQ(number_of("-1250/100"), -12.5);
}

TEST(CoordinateTextTest, RefusesWhatIsNoNumber) {
  for (const char* text : {"", "-", "1/0", "1/", "/1", "1/2/3", "1e3", "12 m", "--1", "nan"}) {
    EXPECT_FALSE(number_of(text)) << text;
  }
}

}  // namespace
}  // namespace sightingd
