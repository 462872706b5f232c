#include "pipeline/image/format/png/png_file.h"

#include "pipeline/image/format/bytes.h"
#include "pipeline/image/format/inflate.h"
#include "pipeline/image/metadata/icc_profile.h"
#include "pipeline/image/verify/verify.h"
#include "tests/support/pictures.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <functional>
#include <random>

namespace sightingd {
namespace {

using namespace std::string_literals;

constexpr std::size_t kAfterHeader = 8 + 25;

const test::Picture& scene() {
  static const test::Picture picture = test::draw_scene(1, 64, 48);
  return picture;
}

const std::string& still() {
  static const std::string file = test::encode_png(scene());
  return file;
}

std::string strip(const std::string& file, Orientation orientation = Orientation::Upright) {
  const auto parsed = PngFile::parse(file, {});
  return parsed ? parsed->stripped(orientation) : std::string();
}

RejectReason rejection(const std::string& file, const ImageLimits& limits = {}) {
  return PngFile::parse(file, limits).error();
}

bool is_clean(const std::string& file, Orientation orientation = Orientation::Upright) {
  return holds_only_the_picture(ImageKind::Png, file, orientation);
}

std::string with_chunk(std::string file, std::string_view type, std::string_view content) {
  return file.insert(kAfterHeader, test::png_chunk(type, content));
}

TEST(PngFileTest, LeavesAPlainFileAsItIs) {
  const std::string plain = test::encode_png(scene());

  EXPECT_EQ(strip(plain), plain);
}

TEST(PngFileTest, DropsAllButPictureAndColours) {
  const std::string stripped = strip(test::encode_png(scene(), test::all_extras()));

  EXPECT_TRUE(is_clean(stripped));
  EXPECT_EQ(stripped.find("LEAK"), std::string::npos);
  EXPECT_EQ(stripped.find("camera"), std::string::npos);
  const std::string profile =
      test::png_chunk("iCCP", "ICC Profile\0\0"s + deflate_whole(test::icc_profile()));
  EXPECT_EQ(stripped, test::encode_png(scene()).insert(kAfterHeader, profile));
}

TEST(PngFileTest, DropsEveryChunkThatIsNotListed) {
  const std::string plain = test::encode_png(scene());

  for (const char* type : {"tEXt", "zTXt", "iTXt", "tIME", "pHYs", "oFFs", "sPLT", "hIST", "bKGD",
                           "sBIT", "eXIf", "caBX", "prVt", "vpAg", "iDOT"}) {
    EXPECT_EQ(strip(with_chunk(plain, type, "LEAK\0LEAK"s)), plain) << type;
  }
}

TEST(PngFileTest, KeepsColourChunksOfTheRightSize) {
  const std::string gamma = with_chunk(test::encode_png(scene()), "gAMA", "\0\0\xb1\x8f"s);

  EXPECT_EQ(strip(gamma), gamma);
  EXPECT_EQ(strip(with_chunk(test::encode_png(scene()), "gAMA", "LEAKED")),
            test::encode_png(scene()));
}

TEST(PngFileTest, ReadsWhatItDrops) {
  const auto file = PngFile::parse(test::encode_png(scene(), test::all_extras()), {});

  ASSERT_TRUE(file);
  EXPECT_EQ(file->carriers().exif, std::vector{test::all_extras().exif});
  EXPECT_EQ(file->carriers().xmp, std::vector{test::all_extras().xmp});
  EXPECT_TRUE(file->carriers().has_c2pa);
}

TEST(PngFileTest, ReadsCompressedXmp) {
  const std::string packet = test::xmp_packet_at(1, 2);
  const std::string file = with_chunk(test::encode_png(scene()), "iTXt",
                                      "XML:com.adobe.xmp\0\1\0en\0\0"s + deflate_whole(packet));

  EXPECT_EQ(PngFile::parse(file, {})->carriers().xmp, std::vector{packet});
}

TEST(PngFileTest, ReadsRawProfiles) {
  const std::string text = "\nexif\n      10\n45786966000049492a00\n";
  const std::string plain = test::encode_png(scene());

  const auto compressed = PngFile::parse(
      with_chunk(plain, "zTXt", "Raw profile type exif\0\0"s + deflate_whole(text)), {});
  const auto open =
      PngFile::parse(with_chunk(plain, "tEXt", "Raw profile type APP1\0"s + text), {});

  EXPECT_EQ(compressed->carriers().exif, std::vector{"II*\0"s});
  EXPECT_EQ(open->carriers().exif, std::vector{"II*\0"s});
}

TEST(PngFileTest, ReadsIptcInRawProfiles) {
  const std::string plain = test::encode_png(scene());

  for (const std::string& name : {"iptc"s, "8bim"s}) {
    const std::string text = "\n" + name + "\n       4\n3842494d\n";
    const auto file = PngFile::parse(
        with_chunk(plain, "zTXt", "Raw profile type " + name + "\0\0"s + deflate_whole(text)), {});

    EXPECT_EQ(file->carriers().photoshop, std::vector{"8BIM"s}) << name;
  }
}

TEST(PngFileTest, DropsBytesBehindThePictureInItsOwnChunk) {
  const std::string plain = test::encode_png(scene());
  const std::size_t data = plain.find("IDAT");
  const std::size_t end = plain.size() - 12;
  const std::string stream = plain.substr(data + 4, end - 4 - (data + 4));
  const std::string file = plain.substr(0, data - 4) + test::png_chunk("IDAT", stream + "LEAK") +
                           test::png_chunk("IDAT", "LEAK again") + plain.substr(end);

  EXPECT_EQ(strip(file), plain);
}

TEST(PngFileTest, RefusesMoreRowsThanTheHeaderSays) {
  std::string file = test::encode_png(scene());
  const std::string less = test::png_chunk("IHDR", "\0\0\0\x40\0\0\0\x20\x08\x02\0\0\0"s);
  file.replace(8, less.size(), less);

  EXPECT_EQ(rejection(file), RejectReason::Malformed);
}

TEST(PngFileTest, WritesTheOrientationAfresh) {
  const std::string stripped = strip(test::encode_png(scene()), Orientation::HalfTurn);

  EXPECT_TRUE(is_clean(stripped, Orientation::HalfTurn));
  EXPECT_FALSE(is_clean(stripped));
  EXPECT_EQ(PngFile::parse(stripped, {})->carriers().exif,
            std::vector{orientation_block(Orientation::HalfTurn)});
}

TEST(PngFileTest, EndsAFileThatLacksOnlyItsEnd) {
  const std::string plain = test::encode_png(scene());

  EXPECT_EQ(strip(plain.substr(0, plain.size() - 5)), plain);
}

TEST(PngFileTest, RefusesDamage) {
  const std::string plain = test::encode_png(scene());
  std::string flipped = plain;
  flipped[plain.find("IDAT") + 30] ^= 1;

  EXPECT_EQ(rejection(flipped), RejectReason::Malformed);
  EXPECT_EQ(rejection(plain.substr(0, plain.size() - 40)), RejectReason::Malformed);
  EXPECT_EQ(rejection(with_chunk(plain, "XXXX", "an unknown critical chunk")),
            RejectReason::Malformed);
}

// Three frames, the still picture first.
const std::string& film() {
  static const std::string file = test::encode_animated_png(
      {scene(), test::draw_scene(2, 64, 48), test::draw_scene(3, 64, 48)});
  return file;
}
// The film with another content of the chunk of this type that comes as number `which`.
std::string edited_film(std::string_view type, int which,
                        const std::function<std::string(std::string)>& edit) {
  std::string file = film();
  std::size_t at = 0;
  for (int i = 0; i <= which; ++i) {
    at = file.find(type, at + 1);
  }
  const std::size_t size = big32(file, at - 4);
  return file.replace(at - 4, size + 12, test::png_chunk(type, edit(file.substr(at + 4, size))));
}

TEST(PngFileTest, KeepsAnimationAndCountsItsFrames) {
  EXPECT_EQ(strip(film()), film());
  EXPECT_EQ(rejection(film(), {.max_frames = 2}), RejectReason::TooManyFrames);
}

TEST(PngFileTest, DropsFramesThatWereNotAnnounced) {
  const std::string end = test::png_chunk("IEND", "");
  const std::string plain = still().substr(0, still().size() - end.size());

  EXPECT_EQ(strip(plain + test::png_chunk("fdAT", "\0\0\0\1LEAK"s) + end), still());
  EXPECT_EQ(strip(plain + test::png_chunk("acTL", "\0\0\0\1\0\0\0\0"s) + end), still());
  EXPECT_EQ(strip(with_chunk(still(), "acTL", "\0\0\0\1LEAK"s)), still());
  EXPECT_EQ(strip(with_chunk(still(), "fcTL", std::string(26, 'L'))), still());
}

TEST(PngFileTest, CutsWhatStandsBehindAFramesRows) {
  const auto longer = [](const std::string& content) { return content + "LEAK behind the rows"; };

  EXPECT_EQ(strip(edited_film("fdAT", 0, longer)), film());
  EXPECT_EQ(strip(edited_film("fdAT", 1, longer)), film());
}

TEST(PngFileTest, DropsAnAnimationThatIsNotSound) {
  const auto shorter = [](std::string content) { return content.substr(0, content.size() / 2); };
  const auto larger = [](std::string content) { return content.replace(7, 1, 1, 65); };
  const auto smaller = [](std::string content) { return content.replace(7, 1, 1, 63); };
  const auto renumbered = [](std::string content) { return content.replace(3, 1, 1, 9); };
  const auto no_rows = [](const std::string& content) { return content.substr(0, 4) + "LEAK"; };

  EXPECT_EQ(strip(edited_film("fdAT", 0, shorter)), strip(still()));
  EXPECT_EQ(strip(edited_film("fdAT", 1, shorter)), strip(still()));
  EXPECT_EQ(strip(edited_film("fdAT", 1, no_rows)), strip(still()));
  EXPECT_EQ(strip(edited_film("fcTL", 1, larger)), strip(still()));
  EXPECT_EQ(strip(edited_film("fcTL", 1, smaller)), strip(still()));
  EXPECT_EQ(strip(edited_film("fcTL", 0, smaller)), strip(still()));
  EXPECT_EQ(strip(edited_film("fcTL", 2, renumbered)), strip(still()));
  EXPECT_EQ(strip(edited_film("acTL", 0, renumbered)), strip(still()));
}

TEST(PngFileTest, CountsAPixelByItsBytes) {
  const std::vector<std::uint8_t> alpha(64 * 48, 100);
  const std::string usual = test::encode_png(scene(), {}, {.interlaced = true, .alpha = alpha});
  const std::string deep = test::encode_png(scene(), {}, {.bit_depth = 16, .alpha = alpha});

  EXPECT_TRUE(PngFile::parse(usual, {.max_pixels = 64 * 48}));
  EXPECT_EQ(rejection(deep, {.max_pixels = 64 * 48}), RejectReason::TooManyPixels);
  EXPECT_TRUE(PngFile::parse(deep, {.max_pixels = 2 * 64 * 48}));
}

TEST(PngFileTest, RefusesMorePixelsThanAllowed) {
  std::string bomb = test::encode_png(scene());
  const std::string huge = test::png_chunk("IHDR", "\0\0\xff\xff\0\0\xff\xff\x08\x02\0\0\0"s);
  bomb.replace(8, huge.size(), huge);

  EXPECT_EQ(rejection(bomb), RejectReason::TooManyPixels);
}

TEST(PngFileTest, RefusesAProfileThatInflatesWithoutEnd) {
  const std::string bomb = "bomb\0\0"s + deflate_whole(std::string(20U << 20U, '\0'));
  const std::string plain = test::encode_png(scene());

  EXPECT_EQ(strip(with_chunk(plain, "iCCP", bomb)), plain);
}

TEST(PngFileTest, ReadsTheFirstCarriersOnly) {
  std::string file = test::encode_png(scene());
  for (int i = 9; i > 0; --i) {
    file = with_chunk(file, "iTXt", "XML:com.adobe.xmp\0\0\0\0\0"s + std::to_string(i));
    file = with_chunk(file, "eXIf", std::to_string(i));
  }

  const auto parsed = PngFile::parse(file, {});

  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->carriers().xmp, (std::vector<std::string>{"1", "2", "3", "4"}));
  EXPECT_EQ(parsed->carriers().exif, (std::vector<std::string>{"1", "2", "3", "4"}));
}

TEST(PngFileTest, InflatesNoMoreThanItsAllowance) {
  const std::string large = deflate_whole(std::string(kLargestCarrier, ' '));
  std::string file = with_chunk(test::encode_png(scene()), "iTXt",
                                "XML:com.adobe.xmp\0\x01\0\0\0"s + deflate_whole("late"));
  file = with_chunk(file, "zTXt", "Raw profile type xmp\0\0"s + large);
  file = with_chunk(file, "iTXt", "XML:com.adobe.xmp\0\x01\0\0\0"s + large);

  const auto parsed = PngFile::parse(file, {});

  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->carriers().xmp.size(), 1U);
  EXPECT_EQ(parsed->carriers().xmp[0].size(), kLargestCarrier);
}

TEST(PngFileTest, InflatesNoTextThatItDoesNotRead) {
  const std::string large = deflate_whole(std::string(kLargestCarrier, ' '));
  std::string file = with_chunk(test::encode_png(scene()), "iTXt",
                                "XML:com.adobe.xmp\0\x01\0\0\0"s + deflate_whole("packet"));
  for (int i = 0; i < 3; ++i) {
    file = with_chunk(file, "zTXt", "Comment\0\0"s + large);
  }

  const auto parsed = PngFile::parse(file, {});

  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->carriers().xmp, std::vector<std::string>{"packet"});
}

// Words that begin alike, more of them than zlib compares at its usual level.
std::string words(std::size_t size) {
  std::minstd_rand random(1);
  std::vector<std::string> all(1'200, "abc");
  for (std::string& word : all) {
    for (int i = 0; i < 20; ++i) {
      word += static_cast<char>(random() >> 8U);
    }
  }
  std::string text;
  while (text.size() < size) {
    text += all[(random() >> 8U) % all.size()];
  }
  return text.substr(0, size);
}

std::string deflated_best(const std::string& content) {
  std::string stream(content.size(), '\0');
  uLongf size = stream.size();
  compress2(reinterpret_cast<Bytef*>(stream.data()), &size,
            reinterpret_cast<const Bytef*>(content.data()), content.size(), Z_BEST_COMPRESSION);
  return stream.substr(0, size);
}

// A stripped file must not grow beyond what whoever asked for it is ready to read.
TEST(PngFileTest, DropsAColourProfileThatGrowsWhenItIsPackedAnew) {
  std::string profile = test::icc_profile(kLargestIccProfile);
  profile.replace(200, std::string::npos, words(profile.size() - 200));
  const std::string small = deflated_best(profile);
  ASSERT_GT(deflate_whole(profile).size(), small.size() + 33'000);

  EXPECT_EQ(strip(with_chunk(still(), "iCCP", "a\0\0"s + small)), still());
  EXPECT_NE(strip(with_chunk(still(), "iCCP", "a\0\0"s + deflate_whole(profile))), still());
}

TEST(PngFileTest, TriesOneColourProfile) {
  const std::string name = "a\0\0"s;
  std::string file =
      with_chunk(test::encode_png(scene()), "iCCP", name + deflate_whole(test::icc_profile()));
  file = with_chunk(file, "iCCP", name + deflate_whole("no profile"));

  EXPECT_EQ(strip(file), test::encode_png(scene()));
}

TEST(InflateAllowanceTest, IsUsedUpByWhatFails) {
  InflateAllowance allowance(10);

  EXPECT_FALSE(allowance.inflate(deflate_whole("123456"), 3));
  EXPECT_LE(allowance.left(), 7U);
  EXPECT_FALSE(allowance.inflate(deflate_whole("12345678"), 100));
  EXPECT_EQ(allowance.left(), 0U);
}

TEST(PngFileTest, SurvivesEveryCut) {
  const std::string file = test::encode_png(test::draw_scene(1, 16, 16), test::all_extras());

  for (std::size_t size = 8; size <= file.size(); ++size) {
    const std::string stripped = strip(file.substr(0, size));
    EXPECT_TRUE(stripped.empty() || is_clean(stripped)) << size;
  }
}

TEST(PngVerifierTest, SeesEveryByteThatDoesNotBelong) {
  const std::string plain = test::encode_png(scene());

  EXPECT_TRUE(is_clean(plain));
  EXPECT_FALSE(is_clean(plain + "x"));
  EXPECT_FALSE(is_clean(plain.substr(0, plain.size() - 1)));
  EXPECT_FALSE(is_clean(with_chunk(plain, "tEXt", "Comment\0LEAK"s)));
  EXPECT_FALSE(is_clean(with_chunk(plain, "prVt", "")));
  EXPECT_FALSE(
      is_clean(with_chunk(plain, "iCCP", "my camera\0\0"s + deflate_whole(test::icc_profile()))));
  EXPECT_FALSE(is_clean(
      with_chunk(plain, "iCCP", "ICC Profile\0\0"s + deflate_whole(test::icc_profile()) + "LEAK")));
}

TEST(PngVerifierTest, SeesWhatStandsBehindTheRows) {
  const std::string end = test::png_chunk("IEND", "");
  const auto with_end = [&](const std::string& more) {
    return still().substr(0, still().size() - end.size()) + more + end;
  };

  EXPECT_TRUE(is_clean(film()));
  EXPECT_FALSE(is_clean(with_end(test::png_chunk("IDAT", "LEAK"))));
  EXPECT_FALSE(is_clean(with_end(test::png_chunk("fdAT", "\0\0\0\0LEAK"s))));
  for (const auto* type : {"IDAT", "fdAT"}) {
    EXPECT_FALSE(is_clean(edited_film(type, 0, [](const std::string& c) { return c + "LEAK"; })));
    EXPECT_FALSE(is_clean(
        edited_film(type, 0, [](const std::string& c) { return c.substr(0, c.size() - 1); })));
  }
}

TEST(PngVerifierTest, SeesPiecesThatComeAgainOrHaveAnotherSize) {
  const std::string header = still().substr(kAfterHeader - 17, 13);

  EXPECT_FALSE(is_clean(with_chunk(still(), "IHDR", header)));
  EXPECT_FALSE(is_clean(with_chunk(with_chunk(still(), "sRGB", "\0"s), "sRGB", "\0"s)));
  EXPECT_FALSE(is_clean(with_chunk(still(), "sRGB", "LEAK")));
  EXPECT_FALSE(is_clean(with_chunk(still(), "gAMA", std::string(32, 'L'))));
  EXPECT_FALSE(is_clean(with_chunk(still(), "PLTE", std::string(771, 'L'))));
  EXPECT_FALSE(is_clean(with_chunk(still(), "tRNS", std::string(257, 'L'))));
  EXPECT_FALSE(is_clean(with_chunk(still(), "fcTL", std::string(26, '\0'))));
  EXPECT_FALSE(is_clean(with_chunk(still(), "acTL", "\0\0\0\1\0\0\0\0"s)));
}

TEST(PngVerifierTest, SeesAWrongChecksum) {
  std::string file = with_chunk(still(), "gAMA", "\0\0\xb1\x8f"s);
  ASSERT_TRUE(is_clean(file));
  file[kAfterHeader + 12] ^= 1;

  EXPECT_FALSE(is_clean(file));
}

}  // namespace
}  // namespace sightingd
