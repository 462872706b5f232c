#include "pipeline/image/metadata/exif_extent.h"

#include "pipeline/image/metadata/facts.h"
#include "tests/support/metadata_blocks.h"

#include <gtest/gtest.h>

#include <string>

namespace sightingd {
namespace {

using namespace std::string_literals;

// A directory of this many entries that name a directory at `to`; the header before it takes eight.
std::string naming(int entries, char to) {
  std::string block = "II*\0\x08\0\0\0"s + static_cast<char>(entries) + '\0';
  for (int i = 0; i < entries; ++i) {
    block += "\x69\x87\x04\0\x01\0\0\0"s + to + "\0\0\0"s;
  }
  return block + "\0\0\0\0"s;
}

TEST(ExifExtentTest, TakesWhatCamerasWrite) {
  const test::CameraExif camera{.orientation = 6, .latitude = 1.5, .longitude = 2.5};

  EXPECT_TRUE(is_affordable_exif(test::exif_block(camera, test::ByteOrder::Little)));
  EXPECT_TRUE(is_affordable_exif(test::exif_block(camera, test::ByteOrder::Big)));
  EXPECT_TRUE(is_affordable_exif(""));
  EXPECT_TRUE(is_affordable_exif("II*\0"s));
  EXPECT_TRUE(is_affordable_exif("MM\0*\xff\xff\xff\xff"s));
}

TEST(ExifExtentTest, RefusesDirectoriesThatNameThemselves) {
  EXPECT_FALSE(is_affordable_exif(naming(1, 8)));
  EXPECT_FALSE(is_affordable_exif(naming(100, 8)));
  EXPECT_TRUE(is_affordable_exif(naming(100, 4)));  // Into the header: no directory is there.
}

TEST(ExifExtentTest, KeepsTheReaderFromThem) {
  const MetadataFacts facts = read_exif(naming(100, 8));

  EXPECT_FALSE(facts.location);
  EXPECT_FALSE(facts.orientation);
}

}  // namespace
}  // namespace sightingd
