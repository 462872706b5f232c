#include "pipeline/geo/place_name.h"
#include "pipeline/image/metadata/facts.h"
#include "tests/support/metadata_blocks.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

using namespace std::string_literals;
using test::iptc_record;
using test::IptcDataSet;
using test::photoshop_resource;

constexpr int kCity = 90;
constexpr int kSublocation = 92;
constexpr int kState = 95;
constexpr int kCountry = 101;

IptcDataSet encoding(const std::string& escape) { return {1, 90, escape}; }
const IptcDataSet kUtf8 = encoding("\x1b%G");

std::optional<std::string> place_in(const std::vector<IptcDataSet>& data_sets) {
  const auto location = read_iptc(iptc_record(data_sets)).location;
  EXPECT_TRUE(!location || location->origin == LocationOrigin::Iptc);
  return location ? location->place : std::nullopt;
}

std::optional<std::string> city(const std::string& value) { return place_in({{2, kCity, value}}); }

TEST(IptcReaderTest, NamesThePlaceFromItsSmallestPart) {
  EXPECT_EQ(place_in({{2, 5, "Title"},
                      {2, kCity, "Washington"},
                      {2, kSublocation, "Lincoln Memorial"},
                      {2, kState, "DC"},
                      {2, kCountry, "United States"}}),
            "Lincoln Memorial, Washington, DC, United States");
}

TEST(IptcReaderTest, SaysThatThereAreNoCoordinates) {
  const auto location = read_iptc(iptc_record({{2, kCity, "Budapest"}})).location;

  ASSERT_TRUE(location);
  EXPECT_FALSE(location->has_coordinates());
}

TEST(IptcReaderTest, KnowsNoPlaceWhereNoneIsNamed) {
  EXPECT_FALSE(place_in({}));
  EXPECT_FALSE(place_in({{2, 5, "Title"}, {2, 100, "HUN"}}));
  EXPECT_FALSE(city(""));
  EXPECT_FALSE(city("   "));
}

TEST(IptcReaderTest, ReadsUtf8WhereItIsAnnounced) {
  EXPECT_EQ(place_in({kUtf8, {2, kCity, "深圳"}}), "深圳");
  EXPECT_EQ(place_in({kUtf8, {2, kCity, "G\xf6teborg"}}), std::nullopt);
}

TEST(IptcReaderTest, ReadsLatin1WhereNothingIsAnnounced) {
  EXPECT_EQ(city("G\xf6teborg"), "Göteborg");
}

TEST(IptcReaderTest, ReadsUtf8ThatIsNotAnnounced) { EXPECT_EQ(city("Göteborg"), "Göteborg"); }

TEST(IptcReaderTest, ReadsLatin1WhereItIsAnnounced) {
  EXPECT_EQ(place_in({encoding("\x1b-A"), {2, kCity, "G\xf6teborg"}}), "Göteborg");
  EXPECT_EQ(place_in({encoding("\x1b.A"), {2, kCity, "\xc3\xb6"}}), "Ã¶");
}

TEST(IptcReaderTest, ReadsAsciiOnlyInAnEncodingThatItDoesNotKnow) {
  EXPECT_EQ(place_in({encoding("\x1b$A"), {2, kCity, "Shenzhen"}}), "Shenzhen");
  EXPECT_FALSE(place_in({encoding("\x1b$A"), {2, kCity, "\xc9\xee\xdb\xda"}}));
}

TEST(IptcReaderTest, TakesTheEncodingFromBehindTheTexts) {
  EXPECT_FALSE(place_in({{2, kCity, "G\xf6teborg"}, kUtf8}));
}

TEST(IptcReaderTest, RefusesControlCharacters) {
  EXPECT_FALSE(city("a\nb"));
  EXPECT_FALSE(city("\x1b[31m"));
  EXPECT_FALSE(city("a\0b"s));
  EXPECT_FALSE(city("\x93quoted\x94"));  // C1 in Latin-1.
}

TEST(IptcReaderTest, DropsThePaddingAroundAText) {
  EXPECT_EQ(city("  Budapest \0\0"s), "Budapest");
}

TEST(IptcReaderTest, RefusesATextThatIsTooLong) {
  EXPECT_TRUE(city(std::string(128, 'a')));
  EXPECT_FALSE(city(std::string(129, 'a')));
}

TEST(IptcReaderTest, KeepsAPlaceWithinItsLimit) {
  const std::string longest(128, '\xe9');  // Two bytes each in UTF-8.
  const auto place = place_in({{2, kCity, longest}, {2, kState, longest}, {2, kCountry, "France"}});

  ASSERT_TRUE(place);
  EXPECT_TRUE(is_place_name(*place));
}

TEST(IptcReaderTest, TakesTheFirstOfSeveral) {
  EXPECT_EQ(place_in({{2, kCity, "Rome"}, {2, kCity, "Milan"}}), "Rome");
}

TEST(IptcReaderTest, StopsAtDamage) {
  const std::string record = iptc_record({{2, kCity, "Rome"}});

  EXPECT_TRUE(read_iptc(record + "\x1c\x02").location);
  EXPECT_TRUE(read_iptc(record + "\x1c\x02\x5f\x7f\xff" + "Lazio").location);
  EXPECT_FALSE(read_iptc("x" + record).location);
}

TEST(IptcReaderTest, SkipsAnExtendedDataSet) {
  const std::string extended = "\x1c\x08\x0a\x80\x04\0\0\0\x03"s + "abc";

  EXPECT_TRUE(read_iptc(extended + iptc_record({{2, kCity, "Rome"}})).location);
  EXPECT_FALSE(read_iptc("\x1c\x02\x5a\x80\x04\xff\xff\xff\xff"
                         "Rome"s)
                   .location);
}

TEST(IptcReaderTest, SurvivesEveryCut) {
  const std::string record = iptc_record({kUtf8, {2, kCity, "深圳"}, {2, kCountry, "中国"}});

  for (std::size_t size = 0; size < record.size(); ++size) {
    const auto location = read_iptc(record.substr(0, size)).location;
    EXPECT_TRUE(!location || location->place == "深圳") << size;
  }
}

// Metadata of a file whose image resources are these.
MetadataFacts facts_of(const std::vector<std::string>& photoshop) {
  Carriers carriers;
  for (const std::string& block : photoshop) {
    add_photoshop(carriers, block);
  }
  return read_metadata(carriers);
}

const std::string kRome = iptc_record({{2, kCity, "Rome"}});

TEST(PhotoshopResourcesTest, HoldIptc) {
  EXPECT_EQ(facts_of({photoshop_resource(0x0404, kRome)}).location->place, "Rome");
  EXPECT_EQ(facts_of({kRome}).location->place, "Rome");
}

TEST(PhotoshopResourcesTest, MayHaveNamesAndNeighbours) {
  for (const char* name : {"", "a", "ab"}) {
    const std::string block = photoshop_resource(0x03ed, "odd", name) +
                              photoshop_resource(0x0404, kRome, name) +
                              photoshop_resource(0x0425, "digest");

    EXPECT_TRUE(facts_of({block}).location) << name;
  }
}

TEST(PhotoshopResourcesTest, AreReadBehindAMissingPadding) {
  std::string odd = photoshop_resource(0x03ed, "odd");
  odd.pop_back();

  EXPECT_TRUE(facts_of({odd + photoshop_resource(0x0404, kRome)}).location);
}

TEST(PhotoshopResourcesTest, MayBeThoseOfOtherPrograms) {
  const std::string other = "AgHg" + photoshop_resource(0x0bbb, "x").substr(4);

  EXPECT_TRUE(facts_of({other + photoshop_resource(0x0404, kRome)}).location);
}

TEST(PhotoshopResourcesTest, HoldExifAndXmp) {
  const std::string exif =
      test::exif_block(test::CameraExif{.orientation = 6, .latitude = 1.5, .longitude = 2.5});
  const auto from_exif = facts_of({photoshop_resource(0x0422, exif)});
  const auto from_xmp = facts_of({photoshop_resource(0x0424, test::xmp_packet_at(3.5, 4.5))});

  EXPECT_EQ(from_exif.location->latitude, 1.5);
  EXPECT_FALSE(from_exif.orientation);  // No viewer looks there for it.
  EXPECT_NEAR(from_xmp.location->latitude, 3.5, 1e-6);
}

TEST(PhotoshopResourcesTest, AreReadUpToDamage) {
  EXPECT_TRUE(facts_of({photoshop_resource(0x0404, kRome) + "garbage"}).location);
  EXPECT_FALSE(facts_of({"garbage" + photoshop_resource(0x0404, kRome)}).location);
}

TEST(PhotoshopResourcesTest, SurviveEveryCut) {
  const std::string block =
      photoshop_resource(0x03ed, "odd", "name") + photoshop_resource(0x0404, kRome);

  for (std::size_t size = 0; size < block.size(); ++size) {
    const auto location = facts_of({block.substr(0, size)}).location;
    EXPECT_TRUE(!location || location->place == "Rome") << size;
  }
}

TEST(PhotoshopResourcesTest, AreReadInBoundedNumber) {
  std::string block;
  for (int i = 0; i < 4; ++i) {
    block += photoshop_resource(0x0404, iptc_record({{2, kCity, " "}}));
  }

  EXPECT_TRUE(
      facts_of({photoshop_resource(0x0404, "x"), photoshop_resource(0x0404, kRome)}).location);
  EXPECT_FALSE(facts_of({block, photoshop_resource(0x0404, kRome)}).location);
}

}  // namespace
}  // namespace sightingd
