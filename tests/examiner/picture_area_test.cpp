#include "examiner/picture_area.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <string>

namespace sightingd {
namespace {

constexpr std::size_t kLargest = 8U << 20U;

PictureArea area() { return PictureArea::create(kLargest).value(); }

std::size_t memory_of(const PictureArea& area) {
  struct stat status {};
  EXPECT_EQ(::fstat(area.descriptor(), &status), 0);
  return static_cast<std::size_t>(status.st_blocks) * 512;
}

TEST(PictureAreaTest, GivesBackWhatWasPut) {
  PictureArea room = area();
  std::string copy = "what was there before";

  ASSERT_TRUE(room.put("a picture"));
  ASSERT_TRUE(room.take(9, copy));

  EXPECT_EQ(copy, "a picture");
}

TEST(PictureAreaTest, KnowsWhatItHolds) {
  PictureArea room = area();

  EXPECT_FALSE(room.holds("a picture", 9));
  ASSERT_TRUE(room.put("a picture"));

  EXPECT_TRUE(room.holds("a picture", 9));
  EXPECT_FALSE(room.holds("a picture", 8));
  EXPECT_FALSE(room.holds("a photo!!", 9));
}

TEST(PictureAreaTest, TakesMoreThanWasPut) {
  PictureArea room = area();
  std::string copy;

  ASSERT_TRUE(room.put("a"));
  ASSERT_TRUE(room.take(kLargest, copy));

  EXPECT_EQ(copy, "a" + std::string(kLargest - 1, '\0'));
}

TEST(PictureAreaTest, HasRoomForTheLargestPictureAndNoMore) {
  PictureArea room = area();
  std::string copy;

  EXPECT_TRUE(room.put(std::string(kLargest, 'x')));
  EXPECT_EQ(room.put(std::string(kLargest + 1, 'x')).error().code, ErrorCode::Unavailable);
  EXPECT_EQ(room.take(kLargest + 1, copy).error().code, ErrorCode::Unavailable);
}

TEST(PictureAreaTest, TakesMemoryOnlyForWhatIsPut) {
  PictureArea room = area();
  EXPECT_EQ(memory_of(room), 0U);

  ASSERT_TRUE(room.put(std::string(100'000, 'x')));

  EXPECT_GE(memory_of(room), 100'000U);
  EXPECT_LT(memory_of(room), 400'000U);
}

TEST(PictureAreaTest, GivesTheMemoryOfALargePictureBack) {
  PictureArea room = area();
  std::string copy;
  ASSERT_TRUE(room.put(std::string(kLargest, 'x')));
  ASSERT_GE(memory_of(room), kLargest);

  room.cool();

  EXPECT_LT(memory_of(room), kLargest / 4);
  EXPECT_TRUE(room.put(std::string(kLargest, 'y')));
  ASSERT_TRUE(room.take(kLargest, copy));
  EXPECT_EQ(copy, std::string(kLargest, 'y'));
}

// Or reading it would be a signal.
TEST(PictureAreaTest, KeepsItsSizeWhateverAnExaminerDoes) {
  const PictureArea room = area();

  EXPECT_NE(::ftruncate(room.descriptor(), 0), 0);
  EXPECT_NE(::ftruncate(room.descriptor(), 64U << 20U), 0);
}

}  // namespace
}  // namespace sightingd
