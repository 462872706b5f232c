#include "pipeline/coverage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sightingd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TimePoint at(int minute) { return TimePoint(std::chrono::minutes(minute)); }

CoverageRow complete(int begin, int end) {
  return {.range = {at(begin), at(end)}, .complete = true, .reason = ""};
}

CoverageRow partial(int begin, int end) {
  return {.range = {at(begin), at(end)}, .complete = false, .reason = "flood"};
}

TEST(CoverageTest, KeepsRangesApartThatDoNotTouch) {
  EXPECT_THAT(lay_over({complete(0, 10)}, complete(11, 20)),
              ElementsAre(complete(0, 10), complete(11, 20)));
}

TEST(CoverageTest, JoinsRangesThatTouchOrOverlap) {
  EXPECT_THAT(lay_over({complete(0, 10), complete(20, 30)}, complete(10, 21)),
              ElementsAre(complete(0, 30)));
}

TEST(CoverageTest, SwallowsWhatLiesWithin) {
  EXPECT_THAT(lay_over({partial(5, 6), complete(8, 9)}, complete(0, 10)),
              ElementsAre(complete(0, 10)));
}

TEST(CoverageTest, LetsTheLatestReadingCutAnEarlierOne) {
  EXPECT_THAT(lay_over({complete(0, 10)}, partial(4, 6)),
              ElementsAre(complete(0, 4), partial(4, 6), complete(6, 10)));
}

TEST(CoverageTest, DoesNotJoinRangesThatSayDifferentThings) {
  EXPECT_THAT(lay_over({partial(0, 10)}, complete(10, 20)),
              ElementsAre(partial(0, 10), complete(10, 20)));
}

TEST(CoverageTest, IgnoresAnEmptyRange) {
  EXPECT_THAT(lay_over({}, complete(5, 5)), IsEmpty());
  EXPECT_THAT(lay_over({complete(0, 10)}, partial(6, 4)), ElementsAre(complete(0, 10)));
}

TEST(CoverageTest, MeasuresOnlyWhatIsCompleteWithinTheRange) {
  const std::vector<CoverageRow> rows = {complete(0, 10), partial(10, 20), complete(20, 30)};

  EXPECT_EQ(completely_covered(rows, {at(5), at(25)}), std::chrono::minutes(10));
  EXPECT_EQ(completely_covered(rows, {at(40), at(50)}), std::chrono::minutes(0));
}

TEST(CoverageTest, FindsWhatWasReadWithoutAGap) {
  EXPECT_FALSE(first_stretch({}));
  EXPECT_EQ(first_stretch({partial(0, 10), complete(10, 20), complete(21, 30)}),
            (TimeRange{at(0), at(20)}));
}

}  // namespace
}  // namespace sightingd
