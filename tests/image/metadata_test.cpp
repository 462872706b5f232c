#include "pipeline/image/metadata/facts.h"
#include "tests/support/metadata_blocks.h"

#include <gtest/gtest.h>

#include <limits>

namespace sightingd {
namespace {

using test::exif_block;
using test::iptc_record;
using test::xmp_packet;

// Of a file with all of these; an empty one is not there.
struct Written {
  std::string exif = {};
  std::string xmp = {};
  std::string more_xmp = {};
  std::string iptc = {};
};

MetadataFacts read(const Written& written) {
  Carriers carriers;
  add_exif(carriers, written.exif);
  add_xmp(carriers, written.xmp);
  add_xmp(carriers, written.more_xmp);
  add_photoshop(carriers, written.iptc);
  return read_metadata(carriers);
}

const std::string kExifPlace = exif_block(test::CameraExif{.latitude = 1.5, .longitude = 2.5});
const std::string kXmpPlace = test::xmp_packet_at(3.5, 4.5);
const std::string kXmpName = xmp_packet("photoshop:City=\"Roma\"");
const std::string kIptcName = iptc_record({{2, 90, "Rome"}});

TEST(MetadataTest, TakesCoordinatesFromExifBeforeXmp) {
  EXPECT_EQ(read({.exif = kExifPlace, .xmp = kXmpPlace}).location->origin, LocationOrigin::Exif);
}

TEST(MetadataTest, TakesCoordinatesFromXmpWhereExifHasNone) {
  const std::string nowhere = exif_block(test::CameraExif{.taken = "2026:01:31 18:22:10"});

  EXPECT_EQ(read({.exif = nowhere, .xmp = kXmpPlace}).location->origin, LocationOrigin::Xmp);
}

TEST(MetadataTest, TakesCoordinatesFromAnyPacketBeforeAName) {
  const auto location = read({.xmp = kXmpName, .more_xmp = kXmpPlace, .iptc = kIptcName}).location;

  ASSERT_TRUE(location);
  EXPECT_TRUE(location->has_coordinates());
  EXPECT_NEAR(location->latitude, 3.5, 1e-6);
}

TEST(MetadataTest, KeepsNoNameBesideCoordinates) {
  EXPECT_FALSE(read({.exif = kExifPlace, .xmp = kXmpName, .iptc = kIptcName}).location->place);
}

TEST(MetadataTest, TakesTheNameFromXmpBeforeIptc) {
  const auto location = read({.xmp = kXmpName, .iptc = kIptcName}).location;

  ASSERT_TRUE(location);
  EXPECT_EQ(location->place, "Roma");
  EXPECT_EQ(location->origin, LocationOrigin::Xmp);
}

TEST(MetadataTest, TakesTheNameFromIptcWhereThereIsNoOther) {
  const auto location = read({.xmp = xmp_packet(""), .iptc = kIptcName}).location;

  ASSERT_TRUE(location);
  EXPECT_EQ(location->place, "Rome");
  EXPECT_EQ(location->origin, LocationOrigin::Iptc);
}

TEST(MetadataTest, InventsNoLocation) { EXPECT_FALSE(read({.xmp = xmp_packet("")}).location); }

TEST(MetadataTest, TakesTheTimeOfThePositionOnlyWhereThereIsNoOther) {
  const test::ExifValues make(test::ByteOrder::Little);
  const std::vector<test::ExifEntry> fix{make.rationals(0x0007, {10, 1, 22, 1, 10, 1}),
                                         make.text(0x001d, "2026:01:31")};
  const std::string xmp = xmp_packet("exif:DateTimeOriginal=\"2026-01-31T18:22:13\"");
  const std::string taken =
      exif_block({.exif = {make.text(0x9003, "2026:01:31 18:22:12")}, .gps = fix});

  EXPECT_EQ(read({.exif = exif_block({.gps = fix})}).captured_at, "2026-01-31T10:22:10Z");
  EXPECT_EQ(read({.exif = exif_block({.gps = fix}), .xmp = xmp}).captured_at,
            "2026-01-31T18:22:13");
  EXPECT_EQ(read({.exif = taken, .xmp = xmp}).captured_at, "2026-01-31T18:22:12");
}

TEST(LocationTest, ConvertsADatumThatItsSourceNames) {
  const auto location =
      location_at({39.91640428150164, 116.41024449916938}, "gcj02", LocationOrigin::Exif);

  ASSERT_TRUE(location);
  EXPECT_NEAR(location->latitude, 39.915, 1e-9);
  EXPECT_NEAR(location->longitude, 116.404, 1e-9);
  EXPECT_EQ(location->raw, (RawLocation{"GCJ-02", 39.91640428150164, 116.41024449916938}));
}

TEST(LocationTest, ConvertsNothingByGuess) {
  for (const char* datum : {"", "WGS-84", "WGS84", "\x01\x02"}) {
    const auto location = location_at({39.9164, 116.4102}, datum, LocationOrigin::Exif);

    ASSERT_TRUE(location);
    EXPECT_EQ(location->latitude, 39.9164);
    EXPECT_FALSE(location->raw) << datum;
  }
}

TEST(LocationTest, SaysWhichDatumItDoesNotKnow) {
  EXPECT_EQ(location_at({35.5, 139.5}, "TOKYO97", LocationOrigin::Exif)->raw,
            (RawLocation{"TOKYO97", 35.5, 139.5}));
  EXPECT_EQ(location_at({35.5, 139.5}, " NAD 27 ", LocationOrigin::Exif)->raw->datum, "NAD-27");
  EXPECT_EQ(location_at({35.5, 139.5}, "TOKYO97", LocationOrigin::Exif)->latitude, 35.5);
}

TEST(LocationTest, TakesADatumThatIsNoTextForNotWritten) {
  for (const std::string& datum : {std::string("   "), std::string("WGS\x1f 32")}) {
    EXPECT_FALSE(location_at({35.5, 139.5}, datum, LocationOrigin::Exif)->raw) << datum;
  }
}

TEST(LocationTest, CallsADatumUnknownWhoseNameARecordCannotHold) {
  for (const char* const datum : {"<b>", "SOUTH AMERICAN 1969", "NAD27/CONUS", "Tokyo (Mean)"}) {
    const auto location = location_at({35.5, 139.5}, datum, LocationOrigin::Exif);

    EXPECT_EQ(location->raw, (RawLocation{"unknown", 35.5, 139.5})) << datum;
    EXPECT_EQ(location->latitude, 35.5);
  }
}

TEST(LocationTest, IsOnEarthAndNotAtZeroZero) {
  const double not_a_number = std::numeric_limits<double>::quiet_NaN();

  EXPECT_FALSE(location_at({90.1, 0}, "", LocationOrigin::Exif));
  EXPECT_FALSE(location_at({0, -180.1}, "", LocationOrigin::Exif));
  EXPECT_FALSE(location_at({not_a_number, 1}, "", LocationOrigin::Exif));
  EXPECT_FALSE(location_at({1, not_a_number}, "GCJ-02", LocationOrigin::Exif));
  EXPECT_FALSE(location_at({0, 0}, "", LocationOrigin::Exif));
  EXPECT_FALSE(location_at({0, 0}, "BD-09", LocationOrigin::Exif));
  EXPECT_TRUE(location_at({0, 1}, "", LocationOrigin::Exif));
}

}  // namespace
}  // namespace sightingd
