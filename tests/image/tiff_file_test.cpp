#include "pipeline/image/format/tiff/tiff_file.h"

#include "pipeline/image/format/bytes.h"
#include "pipeline/image/format/inflate.h"
#include "pipeline/image/metadata/facts.h"
#include "pipeline/image/verify/verify.h"
#include "tests/support/tiff_pictures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace sightingd {
namespace {

using namespace std::string_literals;

using test::BlockSizes;
using test::ByteOrder;
using test::TiffOptions;
using test::TiffPageParts;

const test::Picture& scene() {
  static const test::Picture picture = test::draw_scene(1, 61, 45);
  return picture;
}

std::string strip(const std::string& file, Orientation orientation = Orientation::Upright) {
  const auto parsed = TiffFile::parse(file, {});
  return parsed ? parsed->stripped(orientation) : std::string();
}

RejectReason rejection(const std::string& file, const ImageLimits& limits = {}) {
  return TiffFile::parse(file, limits).error();
}

bool is_clean(const std::string& file, Orientation orientation = Orientation::Upright) {
  return holds_only_the_picture(ImageKind::Tiff, file, orientation);
}

// Entries of a little-endian file.
test::ExifEntry number16(int tag, int value) {
  return test::ExifValues(ByteOrder::Little)
      .number16(static_cast<std::uint16_t>(tag), static_cast<std::uint16_t>(value));
}

test::ExifEntry number32(std::uint16_t tag, std::uint32_t value) {
  std::string bytes;
  append_little32(bytes, value);
  return {tag, 4, 1, bytes};
}

test::ExifEntry text(std::uint16_t tag, const std::string& value) {
  return {tag, 2, static_cast<std::uint32_t>(value.size()), value};
}

// A page with one entry changed.
std::string changed(const test::ExifEntry& entry, const TiffOptions& options = {}) {
  TiffPageParts page = test::tiff_page(scene(), options);
  page.set(entry);
  return test::tiff_file({page});
}

TEST(TiffFileTest, LeavesAStrippedFileAsItIs) {
  const std::string stripped = strip(test::encode_tiff(scene()));

  EXPECT_TRUE(is_clean(stripped));
  EXPECT_EQ(strip(stripped), stripped);
}

TEST(TiffFileTest, RefusesWhatDoesNotBeginAsATiff) {
  std::string file = test::encode_tiff(scene());
  file[2] = '!';

  EXPECT_EQ(rejection(file), RejectReason::Malformed);
  EXPECT_EQ(rejection("II*\0"s), RejectReason::Malformed);
  EXPECT_EQ(rejection("MM\0*\0\0\0\x08"s), RejectReason::Malformed);
}

TEST(TiffFileTest, DropsAllButThePicture) {
  test::Extras extras = test::all_extras();
  extras.icc.clear();

  const std::string stripped = strip(test::encode_tiff(scene(), extras));

  EXPECT_EQ(stripped, strip(test::encode_tiff(scene())));
  EXPECT_EQ(stripped.find("LEAK"), std::string::npos);
}

TEST(TiffFileTest, DropsEveryTagThatIsNotListed) {
  const std::string plain = strip(test::encode_tiff(scene()));

  for (int tag = 0; tag < 0xffff; tag += tag < 700 ? 1 : 97) {
    const auto number = static_cast<std::uint16_t>(tag);
    const bool is_of_the_picture =
        (tag >= 254 && tag <= 259) || (tag >= 322 && tag <= 325) ||
        std::ranges::count(
            std::array{262, 266, 273, 274, 277, 278, 279, 284, 292, 293, 317, 332, 338, 339, 530},
            tag) > 0;
    if (!is_of_the_picture) {
      EXPECT_EQ(strip(changed(text(number, "LEAKtext"))), plain) << tag;
    }
  }
}

TEST(TiffFileTest, ReadsWhatItDrops) {
  const std::string packet = test::xmp_packet_at(22.2167, 113.55);
  const auto file = TiffFile::parse(test::encode_tiff(scene(), {.xmp = packet, .c2pa = true}), {});

  ASSERT_TRUE(file);
  EXPECT_EQ(file->carriers().xmp, std::vector{packet});
  EXPECT_TRUE(file->carriers().has_c2pa);
}

TEST(TiffFileTest, KeepsAWellFormedColourProfile) {
  const std::string profile = test::icc_profile();

  const std::string stripped = strip(test::encode_tiff(scene(), {.icc = profile}));

  EXPECT_NE(stripped.find(profile), std::string::npos);
  EXPECT_TRUE(is_clean(stripped));
  EXPECT_EQ(strip(test::encode_tiff(scene(), {.icc = profile + "LEAK behind its end"})),
            strip(test::encode_tiff(scene())));
}

TEST(TiffFileTest, SaysAnOrientationByItsTag) {
  const std::string file = test::encode_tiff(scene());

  const std::string turned = strip(file, Orientation::QuarterTurnRight);

  EXPECT_TRUE(is_clean(turned, Orientation::QuarterTurnRight));
  EXPECT_FALSE(is_clean(turned));
  EXPECT_FALSE(is_clean(strip(file), Orientation::QuarterTurnRight));
}

TEST(TiffFileTest, DropsWhatStandsBehindTheRowsOfAStrip) {
  for (const int compression : {1, 2, 3, 4, 5, 7, 8, 32773, 32946}) {
    TiffOptions options{.compression = compression, .rows_per_strip = 16};
    if (compression >= 2 && compression <= 4) {
      options.photometric = 0;
      options.bits = 1;
    }
    TiffPageParts page = test::tiff_page(scene(), options);
    const std::string plain = strip(test::tiff_file({page}));
    for (std::string& block : page.blocks) {
      block += "LEAK behind the last row";
    }

    EXPECT_EQ(strip(test::tiff_file({page})), plain) << compression;
    EXPECT_FALSE(plain.empty()) << compression;
  }
}

TEST(TiffFileTest, FollowsPackedRunsOverTheEndsOfRows) {
  const test::Picture flat = test::draw_flat(10, 10, {7, 7, 7});
  TiffPageParts page = test::tiff_page(flat, {.compression = 32773, .photometric = 1});
  const std::string plain = strip(test::tiff_file({page}));
  // 60 copies, nothing, 35 copies, five as they are.
  page.blocks = {"\xc5\x07\x80\xde\x07\x04\x07\x07\x07\x07\x07"s};

  EXPECT_EQ(strip(test::tiff_file({page})), plain);
  page.blocks[0].pop_back();
  EXPECT_EQ(rejection(test::tiff_file({page})), RejectReason::Malformed);
}

TEST(TiffFileTest, RefusesDamagedCodes) {
  TiffPageParts fax = test::tiff_page(scene(), {.compression = 4, .photometric = 0, .bits = 1});
  fax.blocks[0].replace(fax.blocks[0].size() / 2, 4, "\0\0\0\0"s);
  TiffPageParts deflated = test::tiff_page(scene(), {.compression = 8});
  deflated.blocks[0].back() = static_cast<char>(~deflated.blocks[0].back());
  const TiffOptions jpeg{.compression = 7, .photometric = 1};
  TiffPageParts smaller = test::tiff_page(scene(), jpeg);
  smaller.blocks = test::tiff_page(test::draw_scene(1, 24, 16), jpeg).blocks;

  EXPECT_EQ(rejection(test::tiff_file({fax})), RejectReason::Malformed);
  EXPECT_EQ(rejection(test::tiff_file({deflated})), RejectReason::Malformed);
  EXPECT_EQ(rejection(test::tiff_file({smaller})), RejectReason::Malformed);
}

// A strip that says that it is shorter than its rows would else have what stands behind it.
TEST(TiffFileTest, ReadsNothingBehindTheEndOfAStrip) {
  TiffPageParts page = test::tiff_page(scene());
  page.blocks[0].resize(page.blocks[0].size() - 100);

  EXPECT_EQ(rejection(test::tiff_file({page}) + std::string(500, 'x')), RejectReason::Malformed);
}

// As libtiff and the programs around it have it.
TEST(TiffFileTest, TakesAsMuchAsItNeedsOfAStripWithoutALength) {
  for (const int compression : {1, 5, 7, 8, 32773}) {
    TiffPageParts page = test::tiff_page(scene(), {.compression = compression, .photometric = 1});
    const std::string plain = strip(test::tiff_file({page}));
    const std::string twice = strip(test::tiff_file({page, page}));
    TiffPageParts strips = test::tiff_page(
        scene(), {.compression = compression, .photometric = 1, .rows_per_strip = 23});
    for (const BlockSizes sizes : {BlockSizes::Zero, BlockSizes::Missing}) {
      page.sizes = strips.sizes = sizes;

      EXPECT_EQ(strip(test::tiff_file({page}) + "LEAK"), plain) << compression;
      EXPECT_EQ(strip(test::tiff_file({page, page})), twice) << compression;
      EXPECT_EQ(rejection(test::tiff_file({strips})), RejectReason::Malformed) << compression;
    }
    EXPECT_FALSE(plain.empty()) << compression;
  }
}

TEST(TiffFileTest, TakesAsMuchAsItNeedsOfPlanesWithoutALength) {
  TiffPageParts page = test::tiff_page(scene(), {.compression = 5, .planar = true});
  const std::string plain = strip(test::tiff_file({page}));
  page.sizes = BlockSizes::Missing;

  EXPECT_EQ(strip(test::tiff_file({page})), plain);
  EXPECT_FALSE(plain.empty());
}

// Who reads on finds the name of the owner, which would be stored as a pixel.
TEST(TiffFileTest, TakesNothingElseForSamples) {
  const std::string name(4'000, 'L');
  for (const int compression : {1, 3, 4, 5, 8, 32773}) {
    const bool is_fax = compression == 3 || compression == 4;
    TiffPageParts page = test::tiff_page(
        scene(),
        {.compression = compression, .photometric = is_fax ? 0 : 1, .bits = is_fax ? 1 : 8});
    page.set(text(315, name));
    page.blocks[0].resize(page.blocks[0].size() / 2);
    for (const BlockSizes sizes : {BlockSizes::Said, BlockSizes::TooLong, BlockSizes::Missing}) {
      page.sizes = sizes;

      EXPECT_EQ(rejection(test::tiff_file({page})), RejectReason::Malformed) << compression;
    }
  }
}

TEST(TiffFileTest, TakesNothingOfADirectoryThatAnotherNamesForSamples) {
  for (const int compression : {1, 32773}) {
    TiffPageParts page = test::tiff_page(scene(), {.compression = compression, .photometric = 1});
    page.gps = {text(29, std::string(4'000, 'L'))};
    EXPECT_FALSE(strip(test::tiff_file({page})).empty());
    page.blocks[0].resize(page.blocks[0].size() / 2);
    for (const BlockSizes sizes : {BlockSizes::TooLong, BlockSizes::Missing}) {
      page.sizes = sizes;

      EXPECT_EQ(rejection(test::tiff_file({page})), RejectReason::Malformed) << compression;
    }
  }
}

TEST(TiffFileTest, TakesNoDirectoryForSamples) {
  const std::string file = test::tiff_file({test::tiff_page(scene())});
  const auto directories = tiff_directories(file, TiffNumbers(false));
  for (const std::size_t at : {std::size_t{4}, std::size_t{little32(file, 4)}, file.size() - 4}) {
    std::string moved = file;
    const std::string_view offsets = directories[0].table();
    const std::size_t entry = static_cast<std::size_t>(
        offsets.find("\x11\1\4\0"s) + static_cast<std::size_t>(offsets.data() - file.data()));
    std::string place;
    append_little32(place, at);

    EXPECT_EQ(rejection(moved.replace(entry + 8, 4, place)), RejectReason::Malformed) << at;
  }
}

TEST(TiffFileTest, TakesTheRowsThatBelongToThePictureFromALastStripAsHighAsTheOthers) {
  const TiffOptions options{.compression = 7, .photometric = 6, .rows_per_strip = 16};
  TiffPageParts page = test::tiff_page(scene(), options);  // Of 45 rows.
  page.blocks.back() = test::tiff_page(test::draw_scene(3, 61, 16), options).blocks[0];
  const std::string file = test::tiff_file({page});

  const std::string stripped = strip(file);

  EXPECT_FALSE(test::libtiff_pixels(file).empty());
  EXPECT_TRUE(test::libtiff_pixels(stripped) == test::libtiff_pixels(file));
  page.blocks.back() = test::tiff_page(test::draw_scene(3, 61, 8), options).blocks[0];
  EXPECT_EQ(rejection(test::tiff_file({page})), RejectReason::Malformed);
}

TEST(TiffFileTest, FindsInJpegHowItsColoursAreSubsampled) {
  for (const int subsampling : {1, 2}) {
    TiffPageParts page =
        test::tiff_page(scene(), {.compression = 7, .photometric = 6, .subsampling = subsampling});
    const std::string plain = strip(test::tiff_file({page}));
    page.remove(530);

    EXPECT_EQ(strip(test::tiff_file({page})), plain) << subsampling;
    EXPECT_FALSE(plain.empty()) << subsampling;
  }
}

// Of other samples some readers make a picture and others its negative, or one in gray.
TEST(TiffFileTest, KnowsTheColoursOfAFaxThatDoesNotSayThem) {
  const auto unsaid = [](const TiffOptions& options) {
    TiffPageParts page = test::tiff_page(scene(), options);
    page.remove(262);
    return test::tiff_file({page});
  };
  const TiffOptions fax{.compression = 4, .photometric = 0, .bits = 1};

  EXPECT_EQ(strip(unsaid(fax)), strip(test::tiff_file({test::tiff_page(scene(), fax)})));
  EXPECT_FALSE(strip(unsaid(fax)).empty());
  EXPECT_EQ(rejection(unsaid({.photometric = 1})), RejectReason::Malformed);
  EXPECT_EQ(rejection(unsaid({})), RejectReason::Malformed);
}

TEST(TiffFileTest, DropsWhatJpegCarriesBesideItsPicture) {
  TiffPageParts page = test::tiff_page(scene(), {.compression = 7, .photometric = 6});
  const std::string plain = strip(test::tiff_file({page}));
  page.blocks[0].insert(
      2, test::jpeg_segment(0xfe, "LEAKcomment") + test::jpeg_segment(0xe1, "Exif\0\0LEAK"s));

  EXPECT_EQ(strip(test::tiff_file({page})), plain);
  EXPECT_FALSE(plain.empty());
}

TEST(TiffFileTest, ClearsWhatATileHasBeyondThePicture) {
  TiffPageParts page = test::tiff_page(scene(), {.tile = 64});
  const std::string plain = strip(test::tiff_file({page}));
  page.blocks[0].replace(61 * 3, 9, "LEAKright");
  page.blocks[0].replace(50 * 64 * 3, 9, "LEAKbelow");

  EXPECT_EQ(strip(test::tiff_file({page})), plain);
  EXPECT_EQ(plain, strip(test::encode_tiff(scene())));
}

TEST(TiffFileTest, ClearsTheUnusedBitsOfARow) {
  TiffPageParts page = test::tiff_page(scene(), {.photometric = 1, .bits = 1});
  const std::string plain = strip(test::tiff_file({page}));
  for (std::size_t at = 7; at < page.blocks[0].size(); at += 8) {
    page.blocks[0][at] = static_cast<char>(page.blocks[0][at] | at % 8);
  }

  EXPECT_EQ(strip(test::tiff_file({page})), plain);
  EXPECT_FALSE(plain.empty());
}

TEST(TiffFileTest, WritesTheSameForEveryLayoutOfTheSamePixels) {
  const std::string plain = strip(test::encode_tiff(scene()));

  for (const ByteOrder order : {ByteOrder::Little, ByteOrder::Big}) {
    EXPECT_EQ(strip(test::encode_tiff(scene(), {}, {.order = order})), plain);
    EXPECT_EQ(strip(test::encode_tiff(scene(), {}, {.order = order, .rows_per_strip = 4})), plain);
    EXPECT_EQ(strip(test::encode_tiff(scene(), {}, {.order = order, .tile = 32})), plain);
    EXPECT_EQ(strip(test::encode_tiff(scene(), {}, {.order = order, .planar = true})), plain);
    EXPECT_EQ(strip(test::encode_tiff(scene(), {}, {.order = order, .fill_order = 2})), plain);
    EXPECT_EQ(
        strip(test::encode_tiff(scene(), {}, {.order = order, .compression = 5, .predictor = 2})),
        plain);
  }
}

TEST(TiffFileTest, CutsLargePicturesIntoStrips) {
  const test::Picture large = test::draw_scene(1, 700, 500);  // 1,050,000 bytes
  const std::string file = test::encode_tiff(large, {}, {.bits = 8});

  const std::string stripped = strip(file);

  EXPECT_TRUE(is_clean(stripped));
  EXPECT_TRUE(test::libtiff_pixels(stripped) == test::libtiff_pixels(file));
}

TEST(TiffFileTest, KeepsEveryFullPage) {
  const TiffPageParts first = test::tiff_page(scene());
  TiffPageParts second = test::tiff_page(test::draw_scene(2, 33, 20), {.photometric = 1});
  second.set(number16(254, 2));
  second.set(number16(274, 6));
  second.set(text(270, "LEAKtext"));
  const std::string both = strip(test::tiff_file({first, second}));

  EXPECT_TRUE(is_clean(both));
  EXPECT_EQ(strip(both), both);
  EXPECT_EQ(both.find("LEAK"), std::string::npos);
  EXPECT_GT(both.size(), strip(test::tiff_file({first})).size() + 100);
}

TEST(TiffFileTest, DropsSmallerCopiesAndMasks) {
  const TiffPageParts page = test::tiff_page(scene());
  const std::string plain = strip(test::tiff_file({page}));
  TiffPageParts smaller = test::tiff_page(test::draw_scene(1, 16, 12));
  smaller.set(number32(254, 1));
  TiffPageParts old_smaller = test::tiff_page(test::draw_scene(1, 16, 12));
  old_smaller.set(number16(255, 2));
  TiffPageParts mask = test::tiff_page(scene(), {.photometric = 1, .bits = 1});
  mask.set(number32(254, 4));
  mask.set(number16(262, 4));

  EXPECT_EQ(strip(test::tiff_file({page, smaller, old_smaller, mask})), plain);
  EXPECT_EQ(strip(test::tiff_file({smaller, mask, page})), plain);
  EXPECT_EQ(rejection(test::tiff_file({smaller, mask})), RejectReason::UnsupportedVariant);
}

TEST(TiffFileTest, TakesTheFirstOfWhatShouldBeOneNumber) {
  const TiffPageParts page = test::tiff_page(scene());
  TiffPageParts smaller = test::tiff_page(test::draw_scene(1, 16, 12));
  smaller.set({254, 3, 2, "\1\0\1\0"s});

  EXPECT_EQ(strip(test::tiff_file({page, smaller})), strip(test::tiff_file({page})));
}

// Of one with a large number the lower half would be a turn; the place of a directory is none.
TEST(TiffFileTest, TurnsByOneOfTheEightOrientationsOnly) {
  const test::ExifEntry place{274, 13, 1, "\3\0\0\0"s};
  for (const test::ExifEntry& turn : {number32(274, 65'542), place}) {
    const auto file = TiffFile::parse(changed(turn), {});

    ASSERT_TRUE(file);
    EXPECT_EQ(read_metadata(file->carriers()).orientation.value_or(Orientation::Upright),
              Orientation::Upright);
  }
}

TEST(TiffFileTest, KeepsAProfileThatPagesShare) {
  const std::string profile = test::icc_profile(560);
  TiffPageParts page = test::tiff_page(scene());
  page.set({34675, 7, static_cast<std::uint32_t>(profile.size()), profile});
  const std::string three = strip(test::tiff_file({page, page, page}));

  std::size_t profiles = 0;
  for (std::size_t at = three.find(profile); at != three.npos; at = three.find(profile, at + 1)) {
    ++profiles;
  }
  EXPECT_EQ(profiles, 3U);
}

TEST(TiffFileTest, LeavesOutALaterPageThatCannotBeRead) {
  const TiffPageParts page = test::tiff_page(scene());
  TiffPageParts cut = page;
  cut.blocks[0].resize(100);
  TiffPageParts strange = page;
  strange.set(number16(259, 50'000));

  EXPECT_EQ(strip(test::tiff_file({page, cut, strange})), strip(test::tiff_file({page})));
  EXPECT_EQ(rejection(test::tiff_file({cut, page})), RejectReason::Malformed);
  EXPECT_EQ(rejection(test::tiff_file({strange, page})), RejectReason::UnsupportedVariant);
}

TEST(TiffFileTest, EndsAChainThatGoesBack) {
  const TiffPageParts page = test::tiff_page(scene());
  std::string file = test::tiff_file({page});
  const std::size_t next =
      little32(file, 4) + 2 + 12 * std::size_t{little16(file, little32(file, 4))};
  const std::string plain = strip(file);
  file.replace(next, 4, file.substr(4, 4));

  EXPECT_EQ(strip(file), plain);
}

TEST(TiffFileTest, RefusesMorePixelsOrPagesThanAllowed) {
  const TiffPageParts page = test::tiff_page(scene());  // 2,745 pixels
  const std::string two = test::tiff_file({page, page});

  EXPECT_EQ(rejection(two, {.max_pixels = 2'000}), RejectReason::TooManyPixels);
  EXPECT_EQ(rejection(two, {.max_pixels = 4'000}), RejectReason::TooManyPixels);
  EXPECT_EQ(rejection(two, {.max_frames = 1}), RejectReason::TooManyFrames);
  EXPECT_TRUE(TiffFile::parse(two, {.max_pixels = 6'000, .max_frames = 2}));
}

TEST(TiffFileTest, CountsTheBytesOfAFax) {
  const TiffPageParts page =
      test::tiff_page(scene(), {.compression = 4, .photometric = 0, .bits = 1});  // 360 bytes.
  const std::vector<TiffPageParts> pages(20, page);

  EXPECT_TRUE(TiffFile::parse(test::tiff_file(pages), {.max_pixels = 7'300}));
  EXPECT_EQ(rejection(test::tiff_file(pages), {.max_pixels = 7'100}), RejectReason::TooManyPixels);
}

TEST(TiffFileTest, RefusesShapesThatAreNotRead) {
  EXPECT_EQ(rejection("II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0"s), RejectReason::UnsupportedVariant);
  EXPECT_EQ(rejection("MM\0+\0\x08\0\0"s), RejectReason::UnsupportedVariant);
  for (const int compression : {6, 32766, 34661, 34676, 34925, 50000, 50001}) {
    EXPECT_EQ(rejection(changed(number16(259, compression))), RejectReason::UnsupportedVariant);
  }
  for (const int photometric : {10, 32803, 32844, 32845, 34892}) {
    EXPECT_EQ(rejection(changed(number16(262, photometric))), RejectReason::UnsupportedVariant);
  }
  EXPECT_EQ(rejection(changed(number32(262, 0x10002))), RejectReason::UnsupportedVariant);
  EXPECT_EQ(rejection(changed(number32(259, 0x10001))), RejectReason::UnsupportedVariant);
  for (const int format : {2, 3, 5, 6}) {
    EXPECT_EQ(rejection(changed(number16(339, format))), RejectReason::UnsupportedVariant);
  }
  for (const int bits : {2, 4, 7, 12, 24, 32, 64}) {
    EXPECT_EQ(rejection(changed(number16(258, bits))), RejectReason::UnsupportedVariant) << bits;
  }
  EXPECT_EQ(rejection(changed({258, 3, 3, "\x08\0\x08\0\x10\0"s})),
            RejectReason::UnsupportedVariant);
  EXPECT_EQ(rejection(changed(number16(338, 2))), RejectReason::UnsupportedVariant);
  EXPECT_EQ(rejection(changed(number16(317, 3), {.compression = 5})),
            RejectReason::UnsupportedVariant);
  EXPECT_EQ(rejection(changed(number16(332, 2), {.photometric = 5})),
            RejectReason::UnsupportedVariant);
  EXPECT_EQ(rejection(changed({530, 3, 2, "\2\0\2\0"s}, {.photometric = 6})),
            RejectReason::UnsupportedVariant);
  EXPECT_EQ(rejection(changed(number16(322, 40), {.tile = 64})), RejectReason::UnsupportedVariant);
}

TEST(TiffFileTest, RefusesCamerasRawFiles) {
  EXPECT_EQ(rejection(changed({50706, 1, 4, "\1\4\0\0"s})), RejectReason::UnsupportedVariant);
  std::string canon = test::tiff_file({test::tiff_page(scene())});
  canon.replace(8, 2, "CR");
  EXPECT_EQ(rejection(canon), RejectReason::UnsupportedVariant);
}

TEST(TiffFileTest, RefusesDirectoriesThatMakeNoSense) {
  EXPECT_EQ(rejection(changed(number16(256, 0))), RejectReason::Malformed);
  EXPECT_EQ(rejection(changed({257, 12, 1, std::string(8, 'x')})), RejectReason::Malformed);
  EXPECT_EQ(rejection(changed(number16(277, 0))), RejectReason::Malformed);
  EXPECT_EQ(rejection(changed(number16(277, 2))), RejectReason::Malformed);
  EXPECT_EQ(rejection(changed(number16(278, 0))), RejectReason::Malformed);
  EXPECT_EQ(rejection(changed(number16(278, 1))), RejectReason::Malformed) << "strips are missing";
  EXPECT_EQ(rejection(changed(number16(320, 1), {.photometric = 3})), RejectReason::Malformed);
  EXPECT_EQ(rejection(changed(number16(322, 0), {.tile = 64})), RejectReason::Malformed);
  EXPECT_EQ(rejection(changed({259, 3, 2, "\1\0\x05\0"s})), RejectReason::Malformed);
  EXPECT_EQ(rejection(changed({258, 9, 1, "\x08\0\0\0"s})), RejectReason::Malformed);
}

TEST(TiffFileTest, SurvivesCountsAndOffsetsOfEverySize) {
  const TiffPageParts page = test::tiff_page(scene(), {.rows_per_strip = 9});
  const std::string file = test::tiff_file({page});
  const std::size_t table = little32(file, 4);

  for (std::size_t i = 0; i < little16(file, table); ++i) {
    for (const std::string& value :
         {"\0\0\0\0"s, "\1\0\0\0"s, "\xff\xff\xff\xff"s, "\0\0\0\x80"s, "\xff\xff\xff\x7f"s}) {
      for (const std::size_t at : {4U, 8U}) {
        std::string hostile = file;
        hostile.replace(table + 2 + 12 * i + at, 4, value);
        const std::string stripped = strip(hostile);
        EXPECT_TRUE(stripped.empty() || is_clean(stripped)) << i << ' ' << at;
      }
    }
  }
}

TEST(TiffFileTest, RefusesBlocksThatShareTheirBytes) {
  const test::Picture flat = test::draw_flat(64, 64);
  TiffPageParts page = test::tiff_page(flat, {.rows_per_strip = 1});
  std::string file = test::tiff_file({page});
  const std::string offsets = file.substr(file.size() - 2 * 64 * 4, 4);
  for (int i = 0; i < 64; ++i) {
    file.replace(file.size() - 2 * 64 * 4 + 4 * static_cast<std::size_t>(i), 4, offsets);
  }
  EXPECT_FALSE(strip(file).empty()) << "as long as they are no more than the file";

  TiffPageParts small = test::tiff_page(flat, {.compression = 5, .rows_per_strip = 1});
  small.blocks[0] += std::string(5'000, 'x');
  std::string shared = test::tiff_file({small});
  const std::size_t table = little32(shared, 4);
  for (std::size_t i = 0; i < little16(shared, table); ++i) {
    const std::size_t entry = table + 2 + 12 * i;
    const std::size_t values = little32(shared, entry + 8);
    if (little16(shared, entry) == 273 || little16(shared, entry) == 279) {
      for (std::size_t k = 1; k < 64; ++k) {
        shared.replace(values + 4 * k, 4, shared.substr(values, 4));
      }
    }
  }

  EXPECT_EQ(rejection(shared), RejectReason::Malformed);
}

TEST(TiffFileTest, SurvivesEveryCut) {
  const std::string file =
      test::encode_tiff(test::draw_scene(1, 16, 16), {.xmp = test::xmp_packet_at(1, 2)});

  for (std::size_t size = 0; size <= file.size(); ++size) {
    const std::string stripped = strip(file.substr(0, size));
    EXPECT_TRUE(stripped.empty() || is_clean(stripped)) << size;
  }
}

TEST(TiffVerifierTest, SeesEveryByteThatDoesNotBelong) {
  const std::string plain = strip(test::encode_tiff(scene()));
  const std::string two =
      strip(test::tiff_file({test::tiff_page(scene()), test::tiff_page(scene())}));

  EXPECT_TRUE(is_clean(plain));
  EXPECT_TRUE(is_clean(two));
  EXPECT_FALSE(is_clean(plain + "x"));
  EXPECT_FALSE(is_clean(two + "x"));
  EXPECT_FALSE(is_clean(plain.substr(0, plain.size() - 1)));
  EXPECT_FALSE(is_clean(test::encode_tiff(scene(), {.comment = "LEAK"})));
  EXPECT_FALSE(is_clean(test::encode_tiff(scene(), {}, {.compression = 8})));
}

// The strip's zlib stream is checked by its own checksum: the directory is what is asked here.
TEST(TiffVerifierTest, SeesEveryChangeOfADirectory) {
  const std::string plain = strip(test::encode_tiff(scene()));
  const std::size_t end = 8 + 2 + 12 * std::size_t{little16(plain, 8)} + 4;

  for (std::size_t at = 0; at < end; ++at) {
    std::string changed = plain;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    EXPECT_FALSE(is_clean(changed)) << at;
  }
}

TEST(TiffVerifierTest, SeesATagThatIsNotListed) {
  for (const int tag : {254, 270, 282, 305, 315, 532, 700, 33723, 34665, 65000}) {
    TiffPageParts page = test::tiff_page(scene(), {.compression = 8});
    page.set(number16(tag, 1));

    EXPECT_FALSE(is_clean(test::tiff_file({page})));
  }
}

TEST(TiffVerifierTest, SeesUnusedBitsThatAreSet) {
  const std::string gray =
      strip(test::encode_tiff(test::draw_scene(1, 12, 2), {}, {.photometric = 1, .bits = 1}));
  const std::size_t begin = 8 + 2 + 12 * std::size_t{little16(gray, 8)} + 4;
  const auto rows = inflate_whole(gray.substr(begin), 16);
  ASSERT_TRUE(rows);
  const auto with_rows = [&](const std::string& changed) {
    // The same size, as zlib packs four bytes.
    const std::string packed = deflate_whole(changed);
    return packed.size() == gray.size() - begin ? gray.substr(0, begin) + packed : gray + "x";
  };
  std::string set = *rows;
  set[1] = static_cast<char>(set[1] | 1);

  EXPECT_TRUE(is_clean(with_rows(*rows)));
  EXPECT_FALSE(is_clean(with_rows(set)));
}

}  // namespace
}  // namespace sightingd
