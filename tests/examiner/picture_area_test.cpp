#include "examiner/picture_area.h"

#include "examiner/protocol.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace sightingd {
namespace {

constexpr std::size_t kLargest = 16U << 20U;

PictureArea area() { return PictureArea::create(kLargest).value(); }

std::size_t memory_of(const PictureArea& area) {
  struct stat status {};
  EXPECT_EQ(::fstat(area.descriptor(), &status), 0);
  return static_cast<std::size_t>(status.st_blocks) * 512;
}

// As the examiner would.
void write_to(const PictureArea& area, std::string_view bytes) {
  EXPECT_EQ(::pwrite(area.descriptor(), bytes.data(), bytes.size(), kPictureOffset),
            static_cast<ssize_t>(bytes.size()));
}

TEST(PictureAreaTest, SaysThatAPictureIsUnchanged) {
  PictureArea room = area();
  std::string picture = "a picture";

  ASSERT_TRUE(room.put(picture));

  EXPECT_FALSE(room.take(9, picture).value());
  EXPECT_EQ(picture, "a picture");
}

TEST(PictureAreaTest, GivesBackWhatTheExaminerMadeOfAPicture) {
  for (const std::string_view left : {"A PICTURE", "a pict", "a picture that has grown"}) {
    PictureArea room = area();
    std::string picture = "a picture";
    ASSERT_TRUE(room.put(picture));
    write_to(room, left);

    EXPECT_TRUE(room.take(left.size(), picture).value());
    EXPECT_EQ(picture, left);
  }
}

TEST(PictureAreaTest, TakesMoreThanWasPut) {
  PictureArea room = area();
  std::string picture = "a";

  ASSERT_TRUE(room.put(picture));
  ASSERT_TRUE(room.take(kLargest, picture));

  EXPECT_EQ(picture, "a" + std::string(kLargest - 1, '\0'));
}

TEST(PictureAreaTest, LeavesNothingOfAnEarlierPictureBehindTheNext) {
  PictureArea room = area();
  std::string first(100'000, 'x');
  ASSERT_TRUE(room.put(first));
  write_to(room, std::string(200'000, 'y'));
  ASSERT_TRUE(room.take(200'000, first));
  std::string second = "a picture";

  ASSERT_TRUE(room.put(second));
  ASSERT_TRUE(room.take(300'000, second));

  EXPECT_EQ(second, "a picture" + std::string(300'000 - 9, '\0'));
}

TEST(PictureAreaTest, HasRoomForTheLargestPictureAndNoMore) {
  PictureArea room = area();
  std::string copy;

  EXPECT_TRUE(room.put(std::string(kLargest, 'x')));
  EXPECT_EQ(room.put(std::string(kLargest + 1, 'x')).error().reason, PictureArea::kNoMemory);
  EXPECT_EQ(room.take(kLargest + 1, copy).error().reason, PictureArea::kNoMemory);
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

  EXPECT_LT(memory_of(room), kLargest / 2);
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
