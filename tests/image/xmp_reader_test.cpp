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

std::optional<std::string> place_in(std::string_view attributes, std::string_view elements = {}) {
  const auto location = read_xmp(xmp_packet(attributes, elements)).location;
  EXPECT_TRUE(!location || location->origin == LocationOrigin::Xmp);
  return location ? location->place : std::nullopt;
}

TEST(XmpReaderTest, NamesThePlaceWhereThereAreNoCoordinates) {
  EXPECT_EQ(place_in("photoshop:City=\"Nainital\" photoshop:State=\"Uttarakhand\""
                     " photoshop:Country=\"India\" Iptc4xmpCore:Location=\"Snow Peak\""),
            "Snow Peak, Nainital, Uttarakhand, India");
  EXPECT_EQ(place_in("", "<photoshop:City> 深圳 </photoshop:City>"), "深圳");
}

TEST(XmpReaderTest, KeepsNoNameBesideCoordinates) {
  const auto location = read_xmp(xmp_packet("photoshop:City=\"Zhuhai\" exif:GPSLatitude=\"22,13N\""
                                            " exif:GPSLongitude=\"113,33E\""))
                            .location;

  ASSERT_TRUE(location);
  EXPECT_FALSE(location->place);
}

TEST(XmpReaderTest, KeepsTheNameWhereTheCoordinatesCannotBe) {
  EXPECT_EQ(place_in("photoshop:City=\"Zhuhai\" exif:GPSLatitude=\"0,0N\""
                     " exif:GPSLongitude=\"0,0E\""),
            "Zhuhai");
}

// A place of the IPTC extension, as programs write it: in a bag, with attributes or elements.
std::string location(std::string_view property, std::string_view content) {
  std::string element = "<Iptc4xmpExt:";
  element.append(property).append("><rdf:Bag>").append(content).append("</rdf:Bag></Iptc4xmpExt:");
  return element.append(property).append(">");
}

TEST(XmpReaderTest, ReadsWhereThePictureWasTaken) {
  const std::string attributes = location(
      "LocationCreated", "<rdf:li Iptc4xmpExt:City=\"Rome\" Iptc4xmpExt:CountryName=\"Italy\"/>");
  const std::string described = location("LocationCreated",
                                         "<rdf:li><rdf:Description Iptc4xmpExt:City=\"Rome\">"
                                         "<Iptc4xmpExt:CountryName>Italy</Iptc4xmpExt:CountryName>"
                                         "</rdf:Description></rdf:li>");
  const std::string languages = location(
      "LocationCreated",
      "<rdf:li rdf:parseType=\"Resource\"><Iptc4xmpExt:City><rdf:Alt>"
      "<rdf:li xml:lang=\"x-default\">Rome</rdf:li><rdf:li xml:lang=\"it\">Roma</rdf:li>"
      "</rdf:Alt></Iptc4xmpExt:City><Iptc4xmpExt:CountryName>Italy</Iptc4xmpExt:CountryName>"
      "</rdf:li>");
  const std::string resource =
      "<Iptc4xmpExt:LocationCreated rdf:parseType=\"Resource\"><Iptc4xmpExt:City><rdf:Alt>"
      "<rdf:li xml:lang=\"x-default\">Rome</rdf:li></rdf:Alt></Iptc4xmpExt:City>"
      "<Iptc4xmpExt:CountryName>Italy</Iptc4xmpExt:CountryName></Iptc4xmpExt:LocationCreated>";

  for (const std::string& elements : {attributes, described, languages, resource}) {
    EXPECT_EQ(place_in("", elements), "Rome, Italy") << elements;
  }
}

TEST(XmpReaderTest, PrefersWhereItWasTakenToWhatItShows) {
  const std::string created = location("LocationCreated", "<rdf:li Iptc4xmpExt:City=\"created\"/>");
  const std::string shown = location("LocationShown", "<rdf:li Iptc4xmpExt:City=\"shown\"/>");

  EXPECT_EQ(place_in("photoshop:City=\"either\"", shown + created), "created");
  EXPECT_EQ(place_in("photoshop:City=\"either\"", shown), "either");
  EXPECT_EQ(place_in("", shown), "shown");
}

TEST(XmpReaderTest, MixesNoPartsOfSeveralPlaces) {
  const std::string two = location("LocationShown",
                                   "<rdf:li Iptc4xmpExt:City=\"Rome\"/>"
                                   "<rdf:li Iptc4xmpExt:City=\"Paris\""
                                   " Iptc4xmpExt:CountryName=\"France\"/>");

  EXPECT_EQ(place_in("", two), "Rome");
  EXPECT_EQ(place_in("Iptc4xmpExt:City=\"of nothing\"", two), "Rome");
}

TEST(XmpReaderTest, ReadsTheFirstOfSeveralLanguages) {
  EXPECT_EQ(place_in("",
                     "<photoshop:City>\n <rdf:Alt>\n  <rdf:li xml:lang=\"x-default\">Rome"
                     "</rdf:li>\n  <rdf:li xml:lang=\"it\">Roma</rdf:li>\n </rdf:Alt>\n"
                     "</photoshop:City>"),
            "Rome");
}

TEST(XmpReaderTest, ResolvesTheEntitiesThatXmlItselfHas) {
  EXPECT_EQ(place_in("photoshop:State=\"Tyne &amp; Wear\""), "Tyne & Wear");
  EXPECT_EQ(place_in("photoshop:State=\"&amp;amp; &lt;&#65;&gt; &#38;\""), "&amp; <A> &");
  EXPECT_EQ(place_in("", "<photoshop:State>Tyne &amp; Wear</photoshop:State>"), "Tyne & Wear");
}

TEST(XmpReaderTest, RefusesANameWithControlCharacters) {
  EXPECT_FALSE(place_in("photoshop:City=\"a&#10;b\""));
  EXPECT_FALSE(place_in("", "<photoshop:City>a\nb</photoshop:City>"));
  EXPECT_FALSE(place_in("photoshop:City=\"a&#x202e;b\""));
}

TEST(XmpReaderTest, RefusesANameThatIsTooLong) {
  EXPECT_TRUE(place_in("photoshop:City=\"" + std::string(192, 'a') + "\""));
  EXPECT_FALSE(place_in("photoshop:City=\"" + std::string(193, 'a') + "\""));
}

TEST(XmpReaderTest, DoesNotTakeHalfAName) {
  const std::string packet = xmp_packet("", "<photoshop:City>Washington</photoshop:City>");

  for (std::size_t size = 0; size < packet.size(); ++size) {
    const auto found = read_xmp(packet.substr(0, size)).location;
    EXPECT_TRUE(!found || found->place == "Washington") << size;
  }
}

TEST(XmpReaderTest, ConvertsADatumThatIsNamed) {
  const auto found =
      read_xmp(xmp_packet("exif:GPSLatitude=\"22,13.002N\" exif:GPSLongitude=\"113,33E\""
                          " exif:GPSMapDatum=\"BD-09\""))
          .location;

  ASSERT_TRUE(found && found->raw);
  EXPECT_EQ(found->raw->datum, "BD-09");
  EXPECT_NEAR(found->raw->latitude, 22.2167, 1e-6);
  EXPECT_GT(found->raw->latitude - found->latitude, 0.001);
}

TEST(XmpReaderTest, ReadsAltitudeBelowTheSeaInEitherForm) {
  for (const char* altitude :
       {"exif:GPSAltitude=\"415/1\" exif:GPSAltitudeRef=\"1\"", "exif:GPSAltitude=\"-415/1\"",
        "exif:GPSAltitude=\"-415\" exif:GPSAltitudeRef=\"1\""}) {
    const auto found =
        read_xmp(xmp_packet("exif:GPSLatitude=\"31,30N\" exif:GPSLongitude=\"35,30E\" " +
                            std::string(altitude)))
            .location;

    ASSERT_TRUE(found);
    EXPECT_EQ(found->altitude_m, -415) << altitude;
  }
}

TEST(XmpReaderTest, ReadsWhenThePositionWasTaken) {
  const auto fixed_at = [](const std::string& time) {
    return read_xmp(xmp_packet("exif:GPSTimeStamp=\"" + time + "\"")).fixed_at;
  };

  EXPECT_EQ(fixed_at("2026-01-31T10:22:10Z"), "2026-01-31T10:22:10Z");
  EXPECT_EQ(fixed_at("2026-01-31T10:22:10.5"), "2026-01-31T10:22:10.500Z");
  EXPECT_EQ(fixed_at("2026-01-31T18:22:10+08:00"), "2026-01-31T18:22:10+08:00");
  EXPECT_FALSE(fixed_at("10:22:10Z"));
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
