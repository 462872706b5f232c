#include "pipeline/image/metadata/facts.h"
#include "tests/support/metadata_blocks.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

using test::xmp_packet;

std::optional<Location> at(std::string_view latitude, std::string_view longitude) {
  return read_xmp(xmp_packet("exif:GPSLatitude=\"" + std::string(latitude) +
                             "\" exif:GPSLongitude=\"" + std::string(longitude) + "\""))
      .location;
}

TEST(XmpReaderTest, ReadsEveryFormOfCoordinate) {
  for (const auto& [latitude, longitude] :
       {std::pair("22,13.002N", "113,33E"), std::pair("22,13,0.12N", "113,33,0E"),
        std::pair("22.2167N", "113.55E"), std::pair("22.2167", "+113.55"),
        std::pair("22,13.002n", "113,33 e")}) {
    const auto location = at(latitude, longitude);

    ASSERT_TRUE(location) << latitude;
    EXPECT_NEAR(location->latitude, 22.2167, 1e-6);
    EXPECT_NEAR(location->longitude, 113.55, 1e-6);
    EXPECT_EQ(location->origin, LocationOrigin::Xmp);
  }
}

TEST(XmpReaderTest, ReadsSouthAndWest) {
  EXPECT_NEAR(at("33,51.408S", "58,22.89W")->latitude, -33.8568, 1e-6);
  EXPECT_NEAR(at("33,51.408S", "58,22.89W")->longitude, -58.3815, 1e-6);
  EXPECT_NEAR(at("-33.8568", "-58.3815")->longitude, -58.3815, 1e-6);
}

TEST(XmpReaderTest, RefusesWhatIsNoCoordinate) {
  EXPECT_FALSE(at("", ""));
  EXPECT_FALSE(at("22,13.002", "113,33"));
  EXPECT_FALSE(at("22,13.002E", "113,33N"));
  EXPECT_FALSE(at("-22,13N", "113,33E"));
  EXPECT_FALSE(at("22,1300N", "113,33E"));
  EXPECT_FALSE(at("22,13N north", "113,33E"));
  EXPECT_FALSE(at("inf", "nan"));
  EXPECT_FALSE(at("1e1N", "1e1E"));
  EXPECT_FALSE(at("95,0N", "10,0E"));
  EXPECT_FALSE(at("0,0N", "0,0E"));
}

TEST(XmpReaderTest, ReadsElementsLikeAttributes) {
  const auto facts = read_xmp(xmp_packet(
      "",
      "<exif:GPSLatitude> 22,13.002N\n</exif:GPSLatitude>"
      "<exif:GPSLongitude>113,33E</exif:GPSLongitude>"
      "<exif:GPSAltitude>4150/10</exif:GPSAltitude><exif:GPSAltitudeRef>1</exif:GPSAltitudeRef>"
      "<exif:GPSHPositioningError>12/1</exif:GPSHPositioningError>"
      "<exif:DateTimeOriginal>2026-01-31T18:22:10+08:00</exif:DateTimeOriginal>"));

  ASSERT_TRUE(facts.location);
  EXPECT_NEAR(facts.location->latitude, 22.2167, 1e-6);
  EXPECT_EQ(facts.location->altitude_m, -415);
  EXPECT_EQ(facts.location->accuracy_m, 12);
  EXPECT_EQ(facts.captured_at, "2026-01-31T18:22:10+08:00");
}

TEST(XmpReaderTest, TakesTheHemisphereFromItsOwnProperty) {
  const auto facts =
      read_xmp(xmp_packet("exif:GPSLatitude=\"33.5\" exif:GPSLatitudeRef=\"S\""
                          " exif:GPSLongitude=\"58.5\" exif:GPSLongitudeRef=\"West\""));

  ASSERT_TRUE(facts.location);
  EXPECT_EQ(facts.location->latitude, -33.5);
  EXPECT_EQ(facts.location->longitude, -58.5);
}

TEST(XmpReaderTest, DoesNotTakeThePlaceOfSomethingElse) {
  const auto facts =
      read_xmp(xmp_packet("",
                          "<exif:LocationShown><rdf:Description exif:GPSLatitude=\"22,13N\""
                          " exif:GPSLongitude=\"113,33E\"/></exif:LocationShown>"));

  EXPECT_FALSE(facts.location);
}

TEST(XmpReaderTest, IgnoresTheSameNameInAnotherNamespace) {
  const auto facts =
      read_xmp(xmp_packet("photoshop:GPSLatitude=\"22,13N\" photoshop:GPSLongitude=\"113,33E\""));

  EXPECT_FALSE(facts.location);
}

TEST(XmpReaderTest, FallsBackToTheDateOfCreation) {
  EXPECT_EQ(read_xmp(xmp_packet("photoshop:DateCreated=\"2026-01-31T18:22:10\"")).captured_at,
            "2026-01-31T18:22:10");
}

TEST(XmpReaderTest, StopsAtADocumentType) {
  const std::string packet = "<!DOCTYPE x [<!ENTITY a \"22,13N\"><!ENTITY b \"&a;&a;&a;\">]>" +
                             xmp_packet("exif:GPSLatitude=\"22,13N\" exif:GPSLongitude=\"&a;\"");

  EXPECT_FALSE(read_xmp(packet).location);
}

TEST(XmpReaderTest, KeepsWhatStandsBeforeDamage) {
  const std::string whole = test::xmp_packet_at(22.2167, 113.55);

  EXPECT_TRUE(read_xmp(whole.substr(0, whole.size() - 30)).location);
}

TEST(XmpReaderTest, StopsAtATagThatCostsTooMuch) {
  std::string attributes;
  for (int i = 0; i < 100'000; ++i) {
    attributes += "a" + std::to_string(i) + "='' ";
  }
  const std::string place = "exif:GPSLatitude='22,13.002N' exif:GPSLongitude='113,33E' ";

  EXPECT_FALSE(read_xmp(xmp_packet(place + attributes)).location);
  EXPECT_TRUE(read_xmp(xmp_packet(place, "<tiff:Artist " + attributes + "/>")).location);
}

TEST(XmpReaderTest, ReadsUtf8WhateverEncodingIsDeclared) {
  const std::string packet = test::xmp_packet_at(22.2167, 113.55);

  EXPECT_TRUE(read_xmp("<?xml version='1.0' encoding='UTF-16'?>" + packet).location);
  EXPECT_TRUE(read_xmp("<?xml version='1.0' encoding='GB18030'?>" + packet).location);
}

TEST(XmpReaderTest, SurvivesEveryCutOfAPacket) {
  const std::string packet = test::xmp_packet_at(22.2167, 113.55);

  for (std::size_t size = 0; size < packet.size(); ++size) {
    const auto location = read_xmp(packet.substr(0, size)).location;
    EXPECT_TRUE(!location || location->latitude > 22.2);
  }
}

TEST(XmpReaderTest, RefusesAValueTooLongToBeOne) {
  EXPECT_FALSE(at("22,13.002N", std::string(200, ' ') + "113,33E"));
}

}  // namespace
}  // namespace sightingd
