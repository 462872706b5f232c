#include "pipeline/image/examine.h"

#include "tests/image/examined.h"
#include "tests/support/tiff_pictures.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

using test::hash_of_scene;
using test::rejection;
using test::scene;
using test::stored;

using namespace std::string_literals;

using test::ByteOrder;
using test::Extras;
using test::Picture;
using test::TiffOptions;

struct Shape {
  std::string name;
  TiffOptions options;
};

void PrintTo(const Shape& shape, std::ostream* out) { *out << shape.name; }

std::vector<Shape> shapes() {
  std::vector<Shape> all{
      {"Plain", {}},
      {"Strips", {.rows_per_strip = 7}},
      {"Tiles", {.tile = 64}},
      {"PackBits", {.compression = 32773, .rows_per_strip = 50}},
      {"Lzw", {.compression = 5, .rows_per_strip = 50}},
      {"PredictedLzw", {.compression = 5, .rows_per_strip = 50, .predictor = 2}},
      {"Deflate", {.compression = 8, .predictor = 2}},
      {"OldDeflate", {.compression = 32946}},
      {"DeflatedTiles", {.compression = 8, .tile = 128, .predictor = 2}},
      {"Planes", {.compression = 8, .rows_per_strip = 50, .planar = true, .predictor = 2}},
      {"PlainPlanes", {.planar = true}},
      {"TiledPlanes", {.compression = 5, .tile = 96, .planar = true}},
      {"Deep", {.bits = 16}},
      {"DeepPredicted", {.compression = 8, .bits = 16, .predictor = 2}},
      {"DeepPlanes", {.compression = 5, .bits = 16, .planar = true, .predictor = 2}},
      {"DeepTiles", {.bits = 16, .tile = 48}},
      {"Gray", {.photometric = 1}},
      {"GrayWhiteIsZero", {.photometric = 0}},
      {"GrayDeep", {.photometric = 0, .bits = 16}},
      {"Gray4", {.photometric = 1, .bits = 4}},
      {"Gray4Tiles", {.compression = 5, .photometric = 0, .bits = 4, .tile = 16}},
      {"Palette", {.photometric = 3}},
      {"PalettePredicted", {.compression = 5, .photometric = 3, .predictor = 2}},
      {"Palette4", {.compression = 32773, .photometric = 3, .bits = 4}},
      {"Inks", {.compression = 5, .photometric = 5}},
      {"InksInPlanes", {.photometric = 5, .planar = true}},
      {"Ycbcr", {.compression = 8, .photometric = 6}},
      {"Lab", {.photometric = 8}},
      {"Jpeg", {.compression = 7, .photometric = 6, .rows_per_strip = 64}},
      {"JpegOfRgb", {.compression = 7, .photometric = 2, .rows_per_strip = 64}},
      {"JpegOfGray", {.compression = 7, .photometric = 1}},
      {"JpegOfInks", {.compression = 7, .photometric = 5}},
      {"JpegTiles", {.compression = 7, .photometric = 6, .tile = 64}},
      {"TurnedBits", {.fill_order = 2}},
      {"TurnedLzw", {.compression = 5, .fill_order = 2}},
  };
  const std::size_t count = all.size();
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back({"Big" + all[i].name, all[i].options});
    all.back().options.order = ByteOrder::Big;
  }
  return all;
}

class ExamineTiffShapeTest : public testing::TestWithParam<Shape> {};

INSTANTIATE_TEST_SUITE_P(Of, ExamineTiffShapeTest, testing::ValuesIn(shapes()),
                         [](const auto& shape) { return shape.param.name; });

TEST_P(ExamineTiffShapeTest, KeepsEveryPixel) {
  const std::string file = test::encode_tiff(scene(), {}, GetParam().options);

  const ExaminedImage image = stored(file);

  const auto pixels = test::libtiff_pixels(file);
  EXPECT_FALSE(pixels.empty());
  EXPECT_TRUE(test::libtiff_pixels(image.stripped) == pixels);
  EXPECT_EQ(image.photo.kind, ImageKind::Tiff);
  EXPECT_EQ(image.photo.width, 320U);
  EXPECT_EQ(image.photo.height, 240U);
  EXPECT_LE(distance(image.photo.pdq.hash, hash_of_scene()), 20);
  EXPECT_EQ(stored(image.stripped), image);
}

TEST_P(ExamineTiffShapeTest, TakesSidesThatAreNoMultipleOfAnything) {
  const std::string file = test::encode_tiff(test::draw_scene(2, 37, 21), {}, GetParam().options);

  EXPECT_TRUE(test::libtiff_pixels(stored(file).stripped) == test::libtiff_pixels(file));
}

// Two colours only.
class ExamineTiffBilevelTest : public testing::TestWithParam<Shape> {};

std::vector<Shape> bilevel_shapes() {
  std::vector<Shape> all;
  for (const int photometric : {0, 1}) {
    const std::string white = photometric == 0 ? "" : "BlackIsZero";
    for (const int fill_order : {1, 2}) {
      const std::string name = white + (fill_order == 1 ? "" : "Turned");
      const auto add = [&](const std::string& coding, TiffOptions options) {
        options.photometric = photometric;
        options.bits = 1;
        options.fill_order = fill_order;
        all.push_back({coding + name, options});
      };
      add("Plain", {});
      add("Huffman", {.compression = 2});
      add("Group3", {.compression = 3, .rows_per_strip = 40});
      add("Group4", {.compression = 4, .rows_per_strip = 40});
      add("Group4Tiles", {.compression = 4, .tile = 64});
      add("PackBits", {.compression = 32773});
      add("Lzw", {.order = ByteOrder::Big, .compression = 5});
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Of, ExamineTiffBilevelTest, testing::ValuesIn(bilevel_shapes()),
                         [](const auto& shape) { return shape.param.name; });

TEST_P(ExamineTiffBilevelTest, KeepsEveryPixel) {
  for (const auto& [width, height] : {std::pair(320, 240), std::pair(37, 21)}) {
    const std::string file =
        test::encode_tiff(test::draw_scene(2, width, height), {}, GetParam().options);

    const ExaminedImage image = stored(file);

    const auto pixels = test::libtiff_pixels(file);
    EXPECT_FALSE(pixels.empty());
    EXPECT_TRUE(test::libtiff_pixels(image.stripped) == pixels);
    EXPECT_EQ(stored(image.stripped), image);
  }
}

class ExamineTiffTest : public testing::TestWithParam<ByteOrder> {
 protected:
  static std::string encode(const Extras& extras = {}, TiffOptions options = {},
                            const Picture& picture = scene()) {
    options.order = GetParam();
    return test::encode_tiff(picture, extras, options);
  }

  static Extras with_exif(const test::CameraExif& camera) {
    return {.exif = test::exif_block(camera, GetParam())};
  }

  // A page with an entry of these bytes.
  static std::string encode_with(const test::ExifEntry& entry) {
    test::TiffPageParts page = test::tiff_page(scene(), {.order = GetParam()});
    page.set(entry);
    return test::tiff_file({page}, GetParam());
  }
};

INSTANTIATE_TEST_SUITE_P(Of, ExamineTiffTest, testing::Values(ByteOrder::Little, ByteOrder::Big),
                         [](const auto& order) {
                           return order.param == ByteOrder::Little ? "LittleEndian" : "BigEndian";
                         });

TEST_P(ExamineTiffTest, SaysWhatIsKnownOfAPhoto) {
  Extras extras = with_exif({.latitude = -33.8568,
                             .longitude = 151.2153,
                             .altitude_m = 35,
                             .accuracy_m = 12,
                             .taken = "2026:01:31 18:22:10",
                             .taken_fraction = "120",
                             .taken_offset = "+08:00",
                             .maker = "LEAKmaker"});
  extras.c2pa = true;
  extras.comment = "LEAKcomment";
  extras.trailer = "LEAKtrailer";

  const ExaminedImage image = stored(encode(extras));

  ASSERT_TRUE(image.photo.location);
  EXPECT_NEAR(image.photo.location->latitude, -33.8568, 1e-6);
  EXPECT_NEAR(image.photo.location->longitude, 151.2153, 1e-6);
  EXPECT_EQ(image.photo.location->origin, LocationOrigin::Exif);
  EXPECT_EQ(image.photo.location->altitude_m, 35);
  EXPECT_EQ(image.photo.location->accuracy_m, 12);
  EXPECT_EQ(image.photo.captured_at, "2026-01-31T18:22:10.120+08:00");
  EXPECT_EQ(image.photo.provenance, "c2pa");
  EXPECT_EQ(image.photo.bytes, image.stripped.size());
  EXPECT_EQ(image.stripped, stored(encode()).stripped);
}

TEST_P(ExamineTiffTest, FindsTheLocationInExifBehindALargePicture) {
  const test::ExifValues make(GetParam());
  test::TiffPageParts page =
      test::tiff_page(test::draw_flat(400, 300), {.order = GetParam()});  // 360,000 bytes
  page.gps = {make.text(1, "N"), make.rationals(2, {1, 1, 30, 1, 0, 1}), make.text(3, "E"),
              make.rationals(4, {2, 1, 30, 1, 0, 1})};

  const auto location = stored(test::tiff_file({page}, GetParam())).photo.location;

  ASSERT_TRUE(location);
  EXPECT_NEAR(location->latitude, 1.5, 1e-6);
  EXPECT_NEAR(location->longitude, 2.5, 1e-6);
}

TEST_P(ExamineTiffTest, FindsTheLocationInXmp) {
  const auto location = stored(encode({.xmp = test::xmp_packet_at(1.5, 2.5)})).photo.location;

  ASSERT_TRUE(location);
  EXPECT_EQ(location->origin, LocationOrigin::Xmp);
  EXPECT_NEAR(location->latitude, 1.5, 1e-6);
}

TEST_P(ExamineTiffTest, NamesThePlaceFromIptc) {
  const Location budapest{.origin = LocationOrigin::Iptc, .place = "Budapest"};
  std::string record = test::iptc_record({{2, 90, "Budapest"}});
  record.resize((record.size() + 3) / 4 * 4);
  std::string turned = record;
  for (std::size_t at = 0; at < turned.size(); at += 4) {
    std::reverse(turned.begin() + static_cast<std::ptrdiff_t>(at),
                 turned.begin() + static_cast<std::ptrdiff_t>(at + 4));
  }
  const auto longs = static_cast<std::uint32_t>(record.size() / 4);
  const auto bytes = static_cast<std::uint32_t>(record.size());
  const std::string resources = test::photoshop_resource(0x0404, record);

  EXPECT_EQ(stored(encode_with({33723, 7, bytes, record})).photo.location, budapest);
  EXPECT_EQ(stored(encode_with({33723, 4, longs, record})).photo.location, budapest);
  EXPECT_EQ(stored(encode_with({33723, 4, longs, turned})).photo.location, budapest);
  EXPECT_EQ(stored(encode_with({34377, 1, static_cast<std::uint32_t>(resources.size()), resources}))
                .photo.location,
            budapest);
}

TEST_P(ExamineTiffTest, StandsEveryOrientationUpright) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const std::string file = encode(with_exif({.orientation = orientation}), {},
                                    test::stored_for_orientation(scene(), orientation));

    const ExaminedImage image = stored(file);

    EXPECT_EQ(image.photo.width, 320U) << orientation;
    EXPECT_EQ(image.photo.height, 240U);
    EXPECT_LE(distance(image.photo.pdq.hash, hash_of_scene()), 6) << orientation;
    EXPECT_EQ(stored(image.stripped).photo, image.photo) << orientation;
  }
}

TEST_P(ExamineTiffTest, PutsTransparencyOverWhite) {
  const Picture black = test::draw_flat(320, 240, {0, 0, 0});
  std::vector<std::uint8_t> alpha;
  Picture expected = test::draw_flat(320, 240);
  for (std::size_t i = 0; i < 320 * 240; ++i) {
    alpha.push_back(static_cast<std::uint8_t>(255 - scene().rgb[3 * i + 1]));
    std::fill_n(&expected.rgb[3 * i], 3, scene().rgb[3 * i + 1]);
  }
  const PdqHash hash = stored(test::encode_png(expected)).photo.pdq.hash;
  const PdqHash flat = stored(test::encode_png(black)).photo.pdq.hash;

  for (const int photometric : {1, 2}) {
    for (const int bits : {8, 16}) {
      TiffOptions options{.photometric = photometric, .bits = bits, .alpha = alpha};
      EXPECT_LE(distance(stored(encode({}, options, black)).photo.pdq.hash, hash), 2);
      options.planar = true;
      EXPECT_LE(distance(stored(encode({}, options, black)).photo.pdq.hash, hash), 2);
      options.extra = 1;
      EXPECT_LE(distance(stored(encode({}, options, black)).photo.pdq.hash, hash), 2);
      options.extra = 0;  // A sample that is not said to be alpha.
      EXPECT_LE(distance(stored(encode({}, options, black)).photo.pdq.hash, flat), 2);
    }
  }
}

TEST_P(ExamineTiffTest, SurvivesEveryCutOfASmallFile) {
  Extras extras = with_exif({.orientation = 6, .latitude = 1.5, .longitude = 2.5});
  extras.xmp = test::xmp_packet_at(1.5, 2.5);
  const Picture small = test::draw_scene(2, 24, 18);

  for (const int compression : {1, 5, 7, 8}) {
    const std::string file = encode(extras, {.compression = compression}, small);
    for (std::size_t size = 0; size <= file.size(); ++size) {
      const Examination examined = examine(std::string_view(file).substr(0, size), {});
      if (const auto* image = std::get_if<ExaminedImage>(&examined)) {
        EXPECT_EQ(image->stripped.find("xpacket"), std::string::npos);
      }
    }
  }
}

TEST_P(ExamineTiffTest, SurvivesEveryFlippedByteOfASmallFile) {
  const Picture small = test::draw_scene(2, 16, 12);
  for (const TiffOptions& options :
       {TiffOptions{}, TiffOptions{.compression = 5}, TiffOptions{.compression = 7},
        TiffOptions{.compression = 4, .photometric = 0, .bits = 1}, TiffOptions{.tile = 16}}) {
    const std::string file = encode({}, options, small);
    for (std::size_t at = 0; at < file.size(); ++at) {
      std::string damaged = file;
      damaged[at] = static_cast<char>(~damaged[at]);
      const Examination examined = examine(damaged, {.max_pixels = 1'000'000});
      const auto* image = std::get_if<ExaminedImage>(&examined);
      EXPECT_TRUE(image == nullptr || stored(image->stripped) == *image) << at;
    }
  }
}

TEST(ExamineTiffLimitTest, RefusesBombsByTheirDirectories) {
  test::TiffPageParts page = test::tiff_page(test::draw_flat(8, 8), {.compression = 8});
  page.set({256, 4, 1, "\x60\xea\0\0"s});
  page.set({257, 4, 1, "\x60\xea\0\0"s});
  const std::string wide = test::tiff_file({page});
  page.set({256, 4, 1, "\0\0\1\0"s});
  const std::string too_wide = test::tiff_file({page});

  EXPECT_EQ(rejection(wide), RejectReason::TooManyPixels);
  EXPECT_EQ(rejection(too_wide), RejectReason::UnsupportedVariant);
}

TEST(ExamineTiffLimitTest, RefusesWhatWouldBeMuchLargerPackedAnew) {
  const Picture noise = test::with_noise(test::draw_scene(1, 1600, 1200), 1, 120);
  const std::string file = test::encode_tiff(noise, {}, {.compression = 7, .photometric = 6});

  EXPECT_EQ(rejection(file), RejectReason::UnsupportedVariant);
}

}  // namespace
}  // namespace sightingd
