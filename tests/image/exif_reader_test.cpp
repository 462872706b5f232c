#include "pipeline/image/metadata/facts.h"
#include "tests/support/metadata_blocks.h"

#include <gtest/gtest.h>

#include <cmath>

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

TEST_F(ExifReaderTest, TakesMissingMinutesAndSecondsForZero) {
  for (const auto& parts : {std::vector<std::uint32_t>{11355, 100, 0, 0, 0, 0},
                            {11355, 100, 0, 0, 0, 1},
                            {11355, 100, 0, 1, 0, 0},
                            {11355, 100, 0, 1},
                            {11355, 100}}) {
    replace(make.rationals(0x0004, parts));

    ASSERT_TRUE(read()) << parts.size();
    EXPECT_NEAR(read()->longitude, 113.55, 1e-6);
  }
}

TEST_F(ExifReaderTest, RefusesAZeroDenominator) {
  for (const auto& parts : {std::vector<std::uint32_t>{22, 0, 13, 1, 12, 1},
                            {0, 0, 13, 1, 12, 1},
                            {22, 1, 13, 0, 12, 1},
                            {22, 1, 13, 1, 12, 0}}) {
    replace(make.rationals(0x0002, parts));

    EXPECT_FALSE(read()) << parts[1] << parts[3] << parts[5];
  }
}

TEST_F(ExifReaderTest, RefusesPartsBehindOneThatIsMissingOrHasAFraction) {
  for (const auto& parts : {std::vector<std::uint32_t>{22, 1, 0, 0, 12, 1},
                            {225, 10, 30, 1, 0, 1},
                            {225, 10, 0, 1, 12, 1},
                            {22, 1, 135, 10, 12, 1}}) {
    replace(make.rationals(0x0002, parts));

    EXPECT_FALSE(read()) << parts[0] << ' ' << parts[2];
  }
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

TEST_F(ExifReaderTest, ReadsDegreesThatWereWrittenAsText) {
  for (const char* text : {"22.2167", "22,13,0.12", "22° 13' 0.12\"", "22.2167N"}) {
    replace(make.text(0x0002, text));

    ASSERT_TRUE(read()) << text;
    EXPECT_NEAR(read()->latitude, 22.2167, 1e-6);
  }
}

TEST_F(ExifReaderTest, RefusesTextThatIsNoClearCoordinate) {
  // Decimal commas, as a program wrote them; a comma that may be one; more than fits.
  for (const std::string& text :
       {std::string("52,00000,50,00000,34,01180"), std::string("22,21"), std::string("22.2167S"),
        std::string("somewhere"), std::string(100, ' ') + "22.2167"}) {
    replace(make.text(0x0002, text));

    EXPECT_FALSE(read()) << text;
  }
}

TEST_F(ExifReaderTest, RefusesTextWithoutAHemisphere) {
  replace(make.text(0x0002, "22.2167"));
  remove(0x0001);

  EXPECT_FALSE(read());
}

TEST_F(ExifReaderTest, RefusesACoordinateOfAnotherType) {
  replace(make.number16(0x0002, 22));
  EXPECT_FALSE(read());
}

TEST_F(ExifReaderTest, RefusesZeroOverZero) {
  replace(make.rationals(0x0002, {0, 0, 0, 0, 0, 0}));
  EXPECT_FALSE(read());
}

TEST_F(ExifReaderTest, IgnoresWhereTheCameraLooked) {
  gps.push_back(make.text(0x0010, "T"));
  gps.push_back(make.rationals(0x0011, {270, 1}));

  EXPECT_EQ(read(), read_exif(exif_block({.gps = {gps.begin(), gps.end() - 2}})).location);
}

TEST_F(ExifReaderTest, ConvertsADatumThatIsNamed) {
  gps.push_back(make.text(0x0012, "GCJ-02"));

  const auto location = read();

  ASSERT_TRUE(location && location->raw);
  EXPECT_EQ(location->raw->datum, "GCJ-02");
  EXPECT_NEAR(location->raw->latitude, 22.2167, 1e-6);
  EXPECT_NEAR(location->raw->longitude, 113.55, 1e-6);
  EXPECT_NEAR(location->latitude, 22.2167, 0.01);
  EXPECT_GT(std::abs(location->longitude - 113.55), 0.001);
}

TEST_F(ExifReaderTest, TakesCoordinatesForWgs84WhereNoOtherIsNamed) {
  const auto without = read();
  gps.push_back(make.text(0x0012, "WGS-84 "));

  EXPECT_EQ(read(), without);
  EXPECT_FALSE(without->raw);
}

TEST_F(ExifReaderTest, ReadsWhenThePositionWasTaken) {
  const auto fixed_at = [this](std::string_view date, const std::vector<std::uint32_t>& time) {
    return read_exif(exif_block({.gps = {make.rationals(0x0007, time), make.text(0x001d, date)}}))
        .fixed_at;
  };

  EXPECT_EQ(fixed_at("2026:01:31", {10, 1, 22, 1, 10, 1}), "2026-01-31T10:22:10Z");
  EXPECT_EQ(fixed_at("2026:01:31", {10, 1, 22, 1, 1027, 100}), "2026-01-31T10:22:10.270Z");
  EXPECT_FALSE(fixed_at("0000:00:00", {10, 1, 22, 1, 10, 1}));
  EXPECT_FALSE(fixed_at("2026:01:31 10:22:10", {10, 1, 22, 1, 10, 1}));
  EXPECT_FALSE(fixed_at("2026:01:31", {24, 1, 0, 1, 0, 1}));
  EXPECT_FALSE(fixed_at("2026:01:31", {10, 0, 22, 1, 10, 1}));
  EXPECT_FALSE(fixed_at("2026:01:31", {21, 2, 22, 1, 10, 1}));
  EXPECT_FALSE(fixed_at("2026:01:31", {10, 1, 22, 1}));
}

TEST_F(ExifReaderTest, ReadsAFractionBehindTheSeconds) {
  const auto taken = [this](std::string_view text) {
    return read_exif(exif_block({.exif = {make.text(0x9003, text), make.text(0x9291, "5")}}))
        .captured_at;
  };

  EXPECT_EQ(taken("2018:05:25 07:13:09.978"), "2018-05-25T07:13:09.978");
  EXPECT_EQ(taken("2018:05:25 07:13:09"), "2018-05-25T07:13:09.500");
  EXPECT_FALSE(taken("2018:05:25 07:13:09x"));
}

TEST_F(ExifReaderTest, ReadsAltitudeBelowTheSea) {
  gps.push_back(make.byte(0x0005, 1));
  gps.push_back(make.rationals(0x0006, {415, 1}));

  ASSERT_TRUE(read());
  EXPECT_EQ(read()->altitude_m, -415);
}

TEST_F(ExifReaderTest, ReadsTheAltitudeReferencesOfExif3) {
  gps.push_back(make.byte(0x0005, 3));
  gps.push_back(make.rationals(0x0006, {415, 1}));
  EXPECT_EQ(read()->altitude_m, -415);

  replace(make.byte(0x0005, 2));
  EXPECT_EQ(read()->altitude_m, 415);
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
