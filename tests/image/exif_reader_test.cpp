#include "pipeline/image/metadata/facts.h"
#include "tests/support/metadata_blocks.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

using test::ByteOrder;
using test::exif_block;
using test::ExifEntry;
using test::ExifValues;

// A GPS directory at 22 13' 0.12" N, 113 33' 0" E whose entries a test may replace.
class ExifReaderTest : public testing::Test {
 protected:
  ExifReaderTest()
      : make(ByteOrder::Little),
        gps{make.text(0x0001, "N"), make.rationals(0x0002, {22, 1, 13, 1, 12, 100}),
            make.text(0x0003, "E"), make.rationals(0x0004, {113, 1, 33, 1, 0, 1})} {}

  void replace(const ExifEntry& entry) {
    for (ExifEntry& old : gps) {
      if (old.tag == entry.tag) {
        old = entry;
      }
    }
  }

  void remove(std::uint16_t tag) {
    std::erase_if(gps, [tag](const ExifEntry& entry) { return entry.tag == tag; });
  }

  std::optional<Location> read() const { return read_exif(exif_block({.gps = gps})).location; }

  ExifValues make;
  std::vector<ExifEntry> gps;
};

TEST_F(ExifReaderTest, ReadsDegreesMinutesAndSeconds) {
  const auto location = read();

  ASSERT_TRUE(location);
  EXPECT_NEAR(location->latitude, 22.2167, 1e-6);
  EXPECT_NEAR(location->longitude, 113.55, 1e-6);
  EXPECT_EQ(location->origin, LocationOrigin::Exif);
  EXPECT_FALSE(location->altitude_m);
  EXPECT_FALSE(location->accuracy_m);
}

TEST_F(ExifReaderTest, ReadsBothByteOrders) {
  const test::CameraExif camera{.orientation = 6,
                                .latitude = -33.8568,
                                .longitude = 151.2153,
                                .altitude_m = 12.5,
                                .accuracy_m = 4.75,
                                .taken = "2026:01:31 18:22:10",
                                .taken_fraction = "120",
                                .taken_offset = "+11:00"};

  const MetadataFacts little = read_exif(exif_block(camera, ByteOrder::Little));
  const MetadataFacts big = read_exif(exif_block(camera, ByteOrder::Big));

  EXPECT_EQ(little, big);
  ASSERT_TRUE(big.location);
  EXPECT_NEAR(big.location->latitude, -33.8568, 1e-6);
  EXPECT_NEAR(big.location->longitude, 151.2153, 1e-6);
  EXPECT_EQ(big.location->altitude_m, 12.5);
  EXPECT_EQ(big.location->accuracy_m, 4.75);
  EXPECT_EQ(big.captured_at, "2026-01-31T18:22:10.120+11:00");
  EXPECT_EQ(big.orientation, Orientation::QuarterTurnRight);
}

TEST_F(ExifReaderTest, TurnsSouthAndWestNegative) {
  replace(make.text(0x0001, "S"));
  replace(make.text(0x0003, "w"));

  const auto location = read();

  ASSERT_TRUE(location);
  EXPECT_LT(location->latitude, 0);
  EXPECT_LT(location->longitude, 0);
}

TEST_F(ExifReaderTest, ReadsDecimalDegreesAndDecimalMinutes) {
  replace(make.rationals(0x0002, {2221670, 100000}));
  replace(make.rationals(0x0004, {113, 1, 33'0000, 10'000, 0, 1}));

  const auto location = read();

  ASSERT_TRUE(location);
  EXPECT_NEAR(location->latitude, 22.2167, 1e-6);
  EXPECT_NEAR(location->longitude, 113.55, 1e-6);
}

TEST_F(ExifReaderTest, TakesMissingSecondsForZero) {
  replace(make.rationals(0x0004, {113, 1, 33, 1, 0, 0}));

  ASSERT_TRUE(read());
  EXPECT_NEAR(read()->longitude, 113.55, 1e-6);
}

TEST_F(ExifReaderTest, RefusesAZeroDenominatorOfDegrees) {
  replace(make.rationals(0x0002, {22, 0, 13, 1, 12, 100}));

  EXPECT_FALSE(read());
}

TEST_F(ExifReaderTest, RefusesAnUnknownHemisphere) {
  remove(0x0001);
  EXPECT_FALSE(read());
}

TEST_F(ExifReaderTest, RefusesAWrongHemisphere) {
  replace(make.text(0x0001, "E"));
  EXPECT_FALSE(read());
}

TEST_F(ExifReaderTest, RefusesPlacesThatAreNotOnEarth) {
  replace(make.rationals(0x0002, {91, 1, 0, 1, 0, 1}));
  EXPECT_FALSE(read());
}

TEST_F(ExifReaderTest, RefusesNumbersThatAreNoMinutes) {
  replace(make.rationals(0x0002, {22, 1, 1300, 1, 0, 1}));
  EXPECT_FALSE(read());
}

TEST_F(ExifReaderTest, TakesZeroZeroForUnknown) {
  replace(make.rationals(0x0002, {0, 1, 0, 1, 0, 1}));
  replace(make.rationals(0x0004, {0, 1, 0, 1, 0, 1}));

  EXPECT_FALSE(read());
}

TEST_F(ExifReaderTest, KeepsTheEquatorAndTheMeridian) {
  replace(make.rationals(0x0002, {0, 1, 0, 1, 0, 1}));

  EXPECT_TRUE(read());
}

TEST_F(ExifReaderTest, RefusesHalfAPlace) {
  remove(0x0004);
  EXPECT_FALSE(read());
}

TEST_F(ExifReaderTest, RefusesACoordinateOfAnotherType) {
  replace(make.text(0x0002, "22.2167"));
  EXPECT_FALSE(read());
}

TEST_F(ExifReaderTest, ReadsAltitudeBelowTheSea) {
  gps.push_back(make.byte(0x0005, 1));
  gps.push_back(make.rationals(0x0006, {415, 1}));

  ASSERT_TRUE(read());
  EXPECT_EQ(read()->altitude_m, -415);
}

TEST_F(ExifReaderTest, DropsAnAltitudeOrErrorThatCannotBe) {
  gps.push_back(make.rationals(0x0006, {4'000'000'000, 1}));
  gps.push_back(make.rationals(0x001f, {0, 1}));

  ASSERT_TRUE(read());
  EXPECT_FALSE(read()->altitude_m);
  EXPECT_FALSE(read()->accuracy_m);
}

TEST_F(ExifReaderTest, IgnoresAnOrientationOutsideOneToEight) {
  EXPECT_FALSE(read_exif(exif_block({.primary = {make.number16(0x0112, 0)}})).orientation);
  EXPECT_FALSE(read_exif(exif_block({.primary = {make.number16(0x0112, 9)}})).orientation);
  EXPECT_EQ(read_exif(exif_block({.primary = {make.number16(0x0112, 8)}})).orientation,
            Orientation::QuarterTurnLeft);
}

TEST_F(ExifReaderTest, DoesNotTakeTheThumbnailsOrientation) {
  const auto block = exif_block(
      {.primary = {make.text(0x010f, "Testcam")}, .thumbnail = {make.number16(0x0112, 6)}});

  EXPECT_FALSE(read_exif(block).orientation);
}

TEST_F(ExifReaderTest, ReadsItsOwnOrientationBlocks) {
  for (int value = 1; value <= 8; ++value) {
    const auto orientation = static_cast<Orientation>(value);

    EXPECT_EQ(read_exif(orientation_block(orientation)).orientation, orientation);
  }
}

TEST_F(ExifReaderTest, SurvivesEveryCutOfABlock) {
  const std::string block = exif_block(test::CameraExif{
      .orientation = 3, .latitude = 1.5, .longitude = 2.5, .taken = "2026:01:31 18:22:10"});

  for (std::size_t size = 0; size <= block.size(); ++size) {
    const MetadataFacts facts = read_exif(block.substr(0, size));
    EXPECT_TRUE(!facts.location || facts.location->latitude == 1.5);
  }
}

TEST_F(ExifReaderTest, SurvivesDirectoriesThatPointAtThemselves) {
  std::string block =
      exif_block({.primary = {make.text(0x010f, "T"), make.byte(0x1000, 0)}, .gps = gps});
  block[block.find("\x25\x88") + 8] = 8;  // The GPS directory is the first directory.

  EXPECT_FALSE(read_exif(block).location);
}

}  // namespace
}  // namespace sightingd
