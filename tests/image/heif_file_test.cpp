#include "pipeline/image/format/heif/heif_file.h"

#include "pipeline/image/format/bytes.h"
#include "pipeline/image/format/heif/boxes.h"
#include "pipeline/image/format/heif/heif_streams.h"
#include "pipeline/image/verify/verify.h"
#include "tests/support/metadata_blocks.h"
#include "tests/support/pictures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace sightingd {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::Not;

const test::Picture& scene() {
  static const test::Picture picture = test::draw_scene(1, 64, 64);
  return picture;
}

std::string strip(const std::string& file) {
  const auto parsed = HeifFile::parse(file, {});
  return parsed ? parsed->stripped() : std::string();
}

bool is_clean(const std::string& file) {
  return holds_only_the_picture(ImageKind::Heic, file, Orientation::Upright);
}

RejectReason rejection(const std::string& file, const ImageLimits& limits = {}) {
  return HeifFile::parse(file, limits).error();
}

std::string with(std::string file, std::string_view what, std::string_view in_its_place) {
  const std::size_t at = file.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return file.replace(at, in_its_place.size(), in_its_place);
}

// Both codings.
class HeifFileTest : public testing::TestWithParam<bool> {
 protected:
  static std::string encode(const test::Extras& extras = {}, test::HeifOptions options = {}) {
    options.av1 = GetParam();
    return test::encode_heif(scene(), extras, options);
  }
};

INSTANTIATE_TEST_SUITE_P(Of, HeifFileTest, testing::Bool(),
                         [](const auto& coding) { return coding.param ? "Av1" : "Hevc"; });

TEST_P(HeifFileTest, DropsAllButPictureAndColours) {
  const std::string file = encode(test::all_extras(), {.thumbnail = 32});

  const std::string stripped = strip(file);

  EXPECT_TRUE(is_clean(stripped));
  EXPECT_THAT(file, HasSubstr("LEAKmaker"));
  EXPECT_THAT(stripped, Not(HasSubstr("LEAK")));
  EXPECT_THAT(stripped, Not(HasSubstr("Exif")));
  EXPECT_THAT(stripped, Not(HasSubstr("thmb")));
  EXPECT_THAT(stripped, Not(HasSubstr("x265")));
  EXPECT_THAT(stripped, HasSubstr(test::icc_profile()));
  EXPECT_EQ(strip(stripped), stripped);
}

TEST_P(HeifFileTest, ReadsWhatItDrops) {
  const std::string file = encode(test::all_extras());

  const auto parsed = HeifFile::parse(file, {});

  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->carriers().exif, std::vector{test::all_extras().exif});
  EXPECT_EQ(parsed->carriers().xmp, std::vector{test::all_extras().xmp});
  EXPECT_TRUE(parsed->carriers().has_c2pa);
  EXPECT_EQ(parsed->kind(), GetParam() ? ImageKind::Avif : ImageKind::Heic);
}

TEST_P(HeifFileTest, KeepsTransparency) {
  const std::string stripped = strip(encode({}, {.alpha = std::vector<std::uint8_t>(64 * 64, 99)}));

  EXPECT_TRUE(is_clean(stripped));
  EXPECT_THAT(stripped, HasSubstr("auxl"));
}

TEST_P(HeifFileTest, KeepsTheTurn) {
  const std::string stripped = strip(encode({}, {.orientation = 5}));

  EXPECT_TRUE(is_clean(stripped));
  EXPECT_THAT(stripped, HasSubstr("irot"));
  EXPECT_THAT(stripped, HasSubstr("imir"));
}

TEST_P(HeifFileTest, KeepsAPictureWhoseSidesAreToldAfterItsTurn) {
  const std::string stripped = strip(
      test::encode_heif(test::draw_scene(1, 48, 32), {}, {.av1 = GetParam(), .orientation = 6}));

  EXPECT_TRUE(is_clean(stripped));
  EXPECT_THAT(stripped, HasSubstr("irot"));
  EXPECT_THAT(stripped, HasSubstr(GetParam() ? "av01" : "grid"));
}

TEST_P(HeifFileTest, ReadsEveryCutAndEveryFlippedByteInBounds) {
  const std::string file = encode(test::all_extras(), {.thumbnail = 32});
  for (std::size_t at = 0; at < file.size(); ++at) {
    std::string flipped = file;
    flipped[at] = static_cast<char>(~flipped[at]);
    for (const std::string& damaged : {file.substr(0, at), flipped}) {
      const auto parsed = HeifFile::parse(damaged, {.max_pixels = 1'000'000});
      if (parsed) {
        EXPECT_TRUE(is_clean(parsed->stripped())) << at;
      }
    }
  }
}

TEST_P(HeifFileTest, RefusesABombByItsSides) {
  const std::string ispe = "ispe\0\0\0\0"s;

  EXPECT_EQ(rejection(with(encode(), ispe, ispe + "\0\0\xea\x60\0\0\xea\x60"s)),
            RejectReason::TooManyPixels);
  EXPECT_EQ(rejection(with(encode(), ispe, ispe + "\0\0\0\0\0\0\0\0"s)), RejectReason::Malformed);
}

TEST_P(HeifFileTest, RefusesWhatItCannotKeepAsItIs) {
  const std::string coding = GetParam() ? "av01" : "hvc1";

  EXPECT_EQ(rejection(with(encode(), coding, "unci")), RejectReason::UnsupportedVariant);
  EXPECT_EQ(rejection(with(encode(), "pict", "vide")), RejectReason::Malformed);
  EXPECT_EQ(rejection("\0\0\0\x18"
                      "ftypheic\0\0\0\0mif1heic"s),
            RejectReason::Malformed);
}

TEST_P(HeifFileTest, RefusesAPictureThatDoesNotSayHowItIsCoded) {
  const std::string record = GetParam() ? "av1C" : "hvcC";
  std::string senseless = encode();
  // The marker of an AV1 record; how many arrays of units follow in one of HEVC.
  senseless[senseless.find(record) + 4 + (GetParam() ? 0 : 22)] = '\x7f';

  EXPECT_EQ(rejection(senseless), RejectReason::Malformed);
  EXPECT_EQ(rejection(with(encode(), record, "free")), RejectReason::Malformed);
}

TEST_P(HeifFileTest, RefusesAListBehindWhichReadersReadOn) {
  const std::string file = strip(encode({}, {.alpha = std::vector<std::uint8_t>(64 * 64, 99)}));
  // Of the transparency: without one of them it would be left out.
  for (const std::size_t at : {file.rfind("infe"), file.find("auxl")}) {
    std::string cut = file;
    cut[at - 3] = '\1';  // Of its size: 65,536 more.

    EXPECT_EQ(rejection(cut), RejectReason::Malformed) << at;
  }
}

TEST_P(HeifFileTest, VerifiesEachByte) {
  const std::string file = strip(encode({.icc = test::icc_profile()}));
  ASSERT_TRUE(is_clean(file));

  EXPECT_FALSE(is_clean(file + "x"));
  EXPECT_FALSE(is_clean(file.substr(0, file.size() - 1)));
  EXPECT_FALSE(is_clean(with(file, "mif1", "LEAK")));
  EXPECT_FALSE(is_clean(with(file, "ispe", "free")));
  EXPECT_FALSE(is_clean(with(file, "pict\0\0"s, "pictLE"s)));
}

TEST(HeicGridTest, HasSidesThatAreExchangedOnlyOnItsSide) {
  std::string file = test::encode_heif(test::draw_scene(1, 48, 32), {}, {.orientation = 6});
  EXPECT_FALSE(strip(file).empty());

  file[file.find("irot") + 4] = '\2';  // Upside down.

  EXPECT_EQ(rejection(file), RejectReason::Malformed);
}

// A picture of HEVC that no decoder would take, with `properties` besides those it needs.
HeifPicture picture_with(std::vector<HeifPicture::Property> properties) {
  std::string record(23, '\0');  // Without parameter sets.
  record[21] = '\3';
  HeifPicture picture;
  picture.items = {{.type = "hvc1", .piece = 0, .is_hidden = false, .properties = {}}};
  picture.pieces = {"\0\0\0\x09\x26\1\x80 slice"s};
  picture.properties = {{"ispe", "\0\0\0\0\0\0\0\x10\0\0\0\x10"s}, {"hvcC", record}};
  std::ranges::move(properties, std::back_inserter(picture.properties));
  for (std::size_t i = 0; i < picture.properties.size(); ++i) {
    picture.items[0].properties.push_back({.property = i, .is_essential = false});
  }
  return picture;
}

TEST(HeifFilePropertiesTest, StayOnlyWhereTheySayWhatTheyAreThereFor) {
  const std::string plain = strip(write_heif(picture_with({})));
  ASSERT_TRUE(is_clean(plain));
  for (const HeifPicture::Property& leak :
       std::vector<HeifPicture::Property>{{"pasp", "LEAKmake"},
                                          {"pixi", "\0\0\0\0\xc8"s + std::string(200, 'L')},
                                          {"pixi", "\0\0\0\0\3LEA"s},
                                          {"lsel", "LE"},
                                          {"a1op", "L"},
                                          {"av1C", "\x81\0\0\0\x0a\4LEAK"s},
                                          {"colr", "profLEAK of a profile"},
                                          {"udes", "LEAK"}}) {
    const std::string file = write_heif(picture_with({leak}));

    EXPECT_FALSE(is_clean(file)) << leak.type;
    EXPECT_EQ(strip(file), plain) << leak.type;
  }
  const std::string depths = "\0\0\0\0\1\x08"s;
  const std::string twice =
      write_heif(picture_with({{"pixi", depths}, {"pixi", "\0\0\0\0\1\x0a"s}}));
  EXPECT_FALSE(is_clean(twice));
  EXPECT_EQ(strip(twice), strip(write_heif(picture_with({{"pixi", depths}}))));
}

TEST(HeifFilePropertiesTest, TurnAndCropOnce) {
  const std::string fraction = "\0\0\0\x08\0\0\0\1"s;
  const std::string crop = fraction + fraction + "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1"s;
  for (const HeifPicture::Property& one :
       std::vector<HeifPicture::Property>{{"irot", "\1"}, {"imir", "\1"}, {"clap", crop}}) {
    EXPECT_TRUE(is_clean(strip(write_heif(picture_with({one}))))) << one.type;
    EXPECT_EQ(rejection(write_heif(picture_with({one, one}))), RejectReason::Malformed) << one.type;
  }
}

TEST(HeifFilePropertiesTest, SayOfColoursWhatIsKnown) {
  const auto colours = [](const std::string& content) {
    return write_heif(picture_with({{"colr", content}}));
  };
  const std::string known = strip(colours("nclx\0\1\0\2\0\6\x80"s));
  ASSERT_TRUE(is_clean(known));

  for (const std::string& said :
       {"nclx\0\1LE\0\6\x80"s, "nclx\0\1\0\2\0\6\xff"s, "nclx\0\1\0\2\0\6\x80LEAK"s}) {
    const std::string file = colours(said);
    EXPECT_FALSE(is_clean(file));
    EXPECT_EQ(strip(file), known);
  }
}

TEST(HeifFilePropertiesTest, SayACropInLowestTerms) {
  const std::string zero = "\0\0\0\0\0\0\0\1"s;
  const std::string stripped = strip(
      write_heif(picture_with({{"clap", "\0\0\x4c\0\0\0\x08\0\0\0\0\7\0\0\0\1"s + zero + zero}})));

  EXPECT_THAT(stripped, HasSubstr("clap\0\0\0\x13\0\0\0\2\0\0\0\7\0\0\0\1"s));
}

TEST(HeifFileGridTest, KeepsTilesThatShareTheirDataOnce) {
  HeifPicture picture = picture_with({});
  HeifPicture::Item tile = picture.items[0];
  tile.is_hidden = true;
  picture.items.assign(4, tile);
  picture.pieces.push_back("\0\0\1\1\0\x20\0\x20"s);  // Two by two, 32 x 32.
  picture.properties.push_back({"ispe", "\0\0\0\0\0\0\0\x20\0\0\0\x20"s});
  picture.items.push_back(
      {.type = "grid", .piece = 1, .is_hidden = false, .properties = {{2, false}}});
  picture.references.push_back({"dimg", 4, {0, 1, 2, 3}});
  picture.primary = 4;
  const std::string file = strip(write_heif(picture));

  EXPECT_TRUE(is_clean(file));
  EXPECT_EQ(file.rfind(" slice"), file.find(" slice"));
  EXPECT_EQ(strip(file), file);
  picture.pieces[1] = "\0\0\1\1\x4e\x20\x4e\x20"s;  // 20,000 x 20,000 over small tiles.
  EXPECT_EQ(rejection(write_heif(picture)), RejectReason::Malformed);
  picture.references[0].to.pop_back();
  EXPECT_EQ(rejection(write_heif(picture)), RejectReason::Malformed);
}

TEST(HeifFileGridTest, KeepsAnotherPictureThatIsShownAndNoThumbnail) {
  HeifPicture picture = picture_with({});
  picture.items.assign(3, picture.items[0]);
  for (const char* const data : {"\0\0\0\x09\x26\1\x80 other", "\0\0\0\x09\x26\1\x80 small"}) {
    picture.pieces.emplace_back(data, 13);
  }
  picture.items[1].piece = 1;
  picture.items[2].piece = 2;
  picture.references.push_back({"thmb", 2, {0}});
  const std::string file = strip(write_heif(picture));

  EXPECT_TRUE(is_clean(file));
  EXPECT_THAT(file, HasSubstr(" other"));
  EXPECT_THAT(file, Not(HasSubstr(" small")));
}

// Another item with data of its own; coded like the first where its type is "hvc1".
std::size_t add_item(HeifPicture& picture, std::string_view type, const std::string& data) {
  HeifPicture::Item item = picture.items[0];
  item.type = type;
  item.piece = picture.pieces.size();
  picture.pieces.push_back(data);
  if (type != "hvc1") {
    item.properties.clear();
  }
  picture.items.push_back(item);
  return picture.items.size() - 1;
}

const std::string kHiddenSlice = "\0\0\0\x09\x26\1\x80 LEAKs"s;

TEST(HeifFileAuxiliaryTest, DropsGainMapsAndDepthMaps) {
  for (const std::string name :
       {"urn:com:apple:photo:2020:aux:hdrgainmap", "urn:mpeg:hevc:2015:auxid:2",
        "urn:com:apple:photo:2018:aux:portraiteffectsmatte"}) {
    HeifPicture picture = picture_with({});
    const std::size_t map = add_item(picture, "hvc1", kHiddenSlice);
    picture.properties.push_back({"auxC", std::string(4, '\0') + name + '\0'});
    picture.items[map].properties.push_back({picture.properties.size() - 1, false});
    picture.references.push_back({"auxl", map, {0}});
    const std::string file = write_heif(picture);
    ASSERT_FALSE(is_clean(file));

    EXPECT_EQ(strip(file), strip(write_heif(picture_with({})))) << name;
  }
}

TEST(HeifFileAuxiliaryTest, DropsAToneMapAndWhatItIsMadeOf) {
  HeifPicture picture = picture_with({});
  const std::size_t gain = add_item(picture, "hvc1", kHiddenSlice);
  const std::size_t tone_map = add_item(picture, "tmap", "\0\0\0\0\0 LEAK"s);
  picture.references.push_back({"dimg", tone_map, {0, gain}});

  EXPECT_EQ(strip(write_heif(picture)), strip(write_heif(picture_with({}))));
}

std::string exif_item(const std::string& latitude_ref) {
  return std::string(4, '\0') +
         test::exif_block(
             test::CameraExif{.latitude = latitude_ref == "N" ? 22.5 : -22.5, .longitude = 113.5});
}

TEST(HeifFileMetadataTest, IsThatOfThePrimaryPicture) {
  HeifPicture picture = picture_with({});
  const std::size_t other = add_item(picture, "hvc1", kHiddenSlice);
  const std::size_t of_the_other = add_item(picture, "Exif", exif_item("S"));
  const std::size_t of_nothing = add_item(picture, "Exif", exif_item("S"));
  const std::size_t of_the_primary = add_item(picture, "Exif", exif_item("N"));
  picture.references.push_back({"cdsc", of_the_other, {other}});
  picture.references.push_back({"cdsc", of_the_primary, {0}});
  static_cast<void>(of_nothing);

  const auto parsed = HeifFile::parse(write_heif(picture), {});

  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->carriers().exif.size(), 2U);
  EXPECT_EQ(parsed->carriers().exif[0], exif_item("N").substr(4));
  EXPECT_EQ(parsed->carriers().exif[1], exif_item("S").substr(4));
}

TEST(HeifFileMetadataTest, MayDescribeAToneMapOfThePrimaryPicture) {
  HeifPicture picture = picture_with({});
  const std::size_t tone_map = add_item(picture, "tmap", std::string(5, '\0'));
  const std::size_t exif = add_item(picture, "Exif", exif_item("N"));
  picture.references.push_back({"dimg", tone_map, {0}});
  picture.references.push_back({"cdsc", exif, {tone_map}});

  const auto parsed = HeifFile::parse(write_heif(picture), {});

  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->carriers().exif.size(), 1U);
}

std::string film_box(const std::string& content) {
  const auto size = static_cast<char>(content.size() + 8);
  return "\0\0\0"s + size + "moov" + content;
}

TEST(HeifFileSequenceTest, KeepsTheStillPictureOfASequence) {
  const std::string still = strip(write_heif(picture_with({})));

  EXPECT_EQ(strip(write_heif(picture_with({})) + film_box("trak LEAK")), still);
}

TEST(HeifFileSequenceTest, DoesNotReadASequenceWithoutAStillPicture) {
  const std::string type =
      "\0\0\0\x10"
      "ftypavis\0\0\0\0"s;

  EXPECT_EQ(rejection(type + film_box("trak")), RejectReason::UnsupportedVariant);
  EXPECT_EQ(rejection(type), RejectReason::Malformed);
}

TEST(HeifStreamsTest, KeepsOnlyTheUnitsOfHevcThatCarryAPicture) {
  const auto unit = [](unsigned type, const std::string& content) {
    const std::string bytes = std::string{static_cast<char>(type << 1U), '\1'} + content;
    std::string text;
    append_big16(text, bytes.size());
    return text + bytes;
  };

  const std::string first = "\x80 slice";  // Its first bit says that a picture begins.

  const auto bare = bare_hevc(unit(39, "x265 LEAK") + unit(34, "LEAK: a set") + unit(19, first) +
                                  unit(19, "slice") + unit(35, "0") + unit(22, "LEAK: reserved") +
                                  unit(40, "LEAK") + unit(19, first) + unit(19, "LEAK"),
                              2);

  ASSERT_TRUE(bare);
  EXPECT_EQ(*bare, "\0\0\0\x09\x26\1\x80 slice\0\0\0\7\x26\1slice"s) << "of one picture";
  EXPECT_FALSE(bare_hevc(unit(39, "no picture"), 2));
  EXPECT_FALSE(bare_hevc(unit(19, "the rest of another one"), 2));
  EXPECT_FALSE(bare_hevc(unit(19, first).substr(0, 5), 2));
}

TEST(HeifStreamsTest, KeepsOnlyTheUnitsOfAv1ThatCarryAPicture) {
  const auto unit = [](unsigned type, const std::string& content) {
    return std::string{static_cast<char>(type << 3U | 2U), static_cast<char>(content.size())} +
           content;
  };
  const std::string kept = unit(1, "sequence") + unit(6, "frame");

  const auto bare = bare_av1(unit(2, "") + unit(1, "sequence") + unit(5, "LEAK: metadata") +
                             unit(15, "LEAK: padding") + unit(6, "frame"));

  EXPECT_EQ(bare, kept);
  EXPECT_EQ(bare_av1("\x0a\x08sequence\x30"s + "frame"), kept) << "the last one without a size";
  EXPECT_EQ(bare_av1(kept + unit(6, "LEAK: another frame") + unit(4, "LEAK")), kept);
  EXPECT_EQ(bare_av1(unit(4, "LEAK: tiles of nothing") + kept), kept);
  EXPECT_EQ(bare_av1(unit(6, "frame") + unit(1, "LEAK: a sequence")), unit(6, "frame"));
  EXPECT_FALSE(bare_av1(unit(5, "metadata alone")));
  EXPECT_FALSE(bare_av1(kept.substr(0, kept.size() - 1)));
}

TEST(HeifStreamsTest, KeepsOfAConfigurationTheParameterSets) {
  std::string record(22, '\x55');
  const std::string fixed = record;
  record += '\2';
  record += "\x27\0\1\0\6\x4e\1LEAK"s;  // Supplemental information.
  record += "\x21\0\1\0\3\x42\1s"s;     // A sequence parameter set.

  const auto configuration = bare_hevc_configuration(record + "LEAK");

  ASSERT_TRUE(configuration);
  EXPECT_EQ(hevc_length_size(record), 2U);
  EXPECT_EQ(configuration->substr(22), "\1\xa1\0\1\0\3\x42\1s"s);
  EXPECT_FALSE(bare_hevc_configuration(record.substr(0, 30)));
  EXPECT_FALSE(bare_hevc_configuration(fixed));
}

// Decoders look at the units, not at what their array is called.
TEST(HeifStreamsTest, SortsParameterSetsByWhatTheyAre) {
  std::string record(22, '\x55');
  record += "\2\0\0\1\0\3\x44\1p\x21\0\2\0\3\x42\1s\0\3\x40\1v"s;

  const auto configuration = bare_hevc_configuration(record);

  ASSERT_TRUE(configuration);
  EXPECT_EQ(configuration->substr(22),
            "\3\xa0\0\1\0\3\x40\1v\xa1\0\1\0\3\x42\1s\xa2\0\1\0\3\x44\1p"s);
}

TEST(BoxesTest, StopAtWhatIsCut) {
  std::string list;
  append_box(list, "free", "a");
  list += "\0\0\0\1mdat\0\0\0\0\0\0\0\x12xy"s;
  list +=
      "\0\0\0\x09"
      "free"s;
  Boxes boxes(list);

  EXPECT_EQ(boxes.next()->content, "a");
  EXPECT_EQ(boxes.next()->content, "xy");
  EXPECT_FALSE(boxes.next());
  const std::string to_the_end = "\0\0\0\0mdatall of it"s;
  EXPECT_EQ(Boxes(to_the_end).next()->content, "all of it");
  const std::string too_small = "\0\0\0\4mdat"s;
  EXPECT_FALSE(Boxes(too_small).next());
}

}  // namespace
}  // namespace sightingd
