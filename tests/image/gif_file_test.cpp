#include "pipeline/image/format/gif/gif_file.h"

#include "pipeline/image/verify/verify.h"
#include "tests/support/pictures.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

using namespace std::string_literals;

const test::Picture& scene() {
  static const test::Picture picture = test::draw_scene(1, 64, 48);
  return picture;
}

std::vector<test::Picture> film() { return {scene(), test::draw_scene(2, 64, 48)}; }

constexpr std::size_t kAfterColours = 13 + 768;

std::string strip(const std::string& file) {
  const auto parsed = GifFile::parse(file, {});
  return parsed ? parsed->stripped(Orientation::Upright) : std::string();
}

bool is_clean(const std::string& file) {
  return holds_only_the_picture(ImageKind::Gif, file, Orientation::Upright);
}

TEST(GifFileTest, LeavesAPlainFileAsItIs) {
  const std::string still = test::encode_gif({scene()});
  const std::string moving = test::encode_gif(film());

  EXPECT_EQ(strip(still), still);
  EXPECT_EQ(strip(moving), moving);
}

TEST(GifFileTest, RefusesWhatDoesNotBeginAsAGif) {
  std::string file = test::encode_gif({scene()});
  file[0] = 'I';

  EXPECT_EQ(GifFile::parse(file, {}).error(), RejectReason::Malformed);
}

TEST(GifFileTest, DropsAllButFramesAndLoop) {
  const std::string file = test::encode_gif(film(), {.xmp = test::xmp_packet_at(22.2167, 113.55),
                                                     .comment = "LEAKcomment",
                                                     .c2pa = true,
                                                     .trailer = "LEAKtrailer"});

  EXPECT_EQ(strip(file), test::encode_gif(film()));
}

TEST(GifFileTest, DropsPlainTextAndUnknownExtensions) {
  const std::string plain = test::encode_gif({scene()});
  std::string file = plain;
  file.insert(kAfterColours, "\x21\x01\x04LEAK\x04LEAK\0\x21\x77\x04LEAK\0"s);

  EXPECT_EQ(strip(file), plain);
}

TEST(GifFileTest, KeepsTimingAndTransparency) {
  std::string file = test::encode_gif({scene()});
  file.insert(kAfterColours, "\x21\xf9\x04\x05\x0a\0\x07\0"s);

  EXPECT_EQ(strip(file), file);
}

TEST(GifFileTest, ReadsWhatItDrops) {
  const std::string packet = test::xmp_packet_at(22.2167, 113.55);
  const auto file = GifFile::parse(test::encode_gif({scene()}, {.xmp = packet, .c2pa = true}), {});

  ASSERT_TRUE(file);
  EXPECT_EQ(file->carriers().xmp, std::vector{packet});
  EXPECT_TRUE(file->carriers().has_c2pa);
}

TEST(GifFileTest, EndsATruncatedFileAfterItsLastWholeFrame) {
  const std::string two = test::encode_gif(film());
  const std::string cut = two.substr(0, two.size() - 20);

  const std::string stripped = strip(cut);

  EXPECT_TRUE(is_clean(stripped));
  EXPECT_LT(stripped.size(), cut.size());
  EXPECT_EQ(stripped.back(), ';');
}

// A frame of 2x2 pixels of a screen with four colours: codes of three bits, 4 clears, 5 ends.
std::string tiny_frame(const std::string& chain, const std::string& head = "\x02\0\x02\0\0\x02"s) {
  return "\x2c\0\0\0\0"s + head + chain;
}
std::string tiny(const std::string& blocks) {
  return "GIF89a\x02\0\x02\0\x81\0\0"s + std::string(12, 'c') + blocks + ';';
}
// Clear, 0, 6 (two pixels), 1, end: 100 000 110 001 101 from the right.
const std::string kTinyRows = "\x84\x53"s;
const std::string kTinyChain = "\x02"s + kTinyRows + '\0';

TEST(GifFileTest, CutsWhatStandsBehindTheRowsOfAFrame) {
  const std::string first = tiny_frame(kTinyChain);
  const std::string plain = tiny(first + first);

  EXPECT_EQ(strip(plain), plain);
  EXPECT_EQ(strip(tiny(first + tiny_frame("\x06"s + kTinyRows + "LEAK\0"s))), plain);
  EXPECT_EQ(strip(tiny(first + tiny_frame("\x02"s + kTinyRows + "\x04LEAK\0"s))), plain);
  EXPECT_EQ(strip(tiny(tiny_frame("\x02"s + kTinyRows + "\x04LEAK\0"s) + first)), plain);
}

TEST(GifFileTest, LeavesOutAFrameThatItsRowsDoNotFill) {
  const std::string first = tiny_frame(kTinyChain);
  const std::string text = "\x04LEAK\0"s;

  EXPECT_EQ(strip(tiny(first + tiny_frame(text) + first)), tiny(first + first));
  EXPECT_EQ(strip(tiny(first + tiny_frame(kTinyChain, "\x02\0\x03\0\0\x02"s))), tiny(first));
  EXPECT_EQ(strip(tiny(first + tiny_frame(text, "\0\0\x02\0\0\x02"s))), tiny(first));
  EXPECT_EQ(strip(tiny(first + "\x21\xf9\x04\x05\x0a\0\x07\0"s + tiny_frame(text))), tiny(first));
  EXPECT_EQ(GifFile::parse(tiny(tiny_frame(text)), {}).error(), RejectReason::Malformed);
}

// GIF89a, appendix F, does not allow codes that begin with two bits, and readers differ about when
// they grow.
TEST(GifFileTest, LeavesOutAFrameWhoseCodesAreTooShort) {
  const std::string plain = test::encode_gif(film());
  std::string file = plain;
  file.insert(file.size() - 1, ",\0\0\0\0\1\0\1\0\0\1\1\x32\0"s);  // Clear, 0, end.

  EXPECT_EQ(strip(file), plain);
  EXPECT_FALSE(is_clean(file));
}

TEST(GifFileTest, FollowsTablesThatAreFull) {
  const std::string noise =
      test::encode_gif({test::with_noise(test::draw_scene(1, 400, 300), 1, 200)});

  EXPECT_EQ(strip(noise), noise);
  EXPECT_TRUE(is_clean(noise));
}

TEST(GifFileTest, RefusesAFileWithoutAFrame) {
  EXPECT_EQ(GifFile::parse("GIF89a\x01\0\x01\0\0\0\0;"s, {}).error(), RejectReason::Malformed);
  EXPECT_EQ(GifFile::parse("GIF89a"s, {}).error(), RejectReason::Malformed);
  EXPECT_EQ(GifFile::parse(tiny(tiny_frame(kTinyChain)).replace(4, 1, "0"), {}).error(),
            RejectReason::Malformed);
}

TEST(GifFileTest, RefusesMorePixelsOrFramesThanAllowed) {
  const std::string file = test::encode_gif(film());
  std::string wide = file;
  wide.replace(6, 4, "\xff\xff\xff\xff");

  EXPECT_EQ(GifFile::parse(file, {.max_pixels = 100}).error(), RejectReason::TooManyPixels);
  EXPECT_EQ(GifFile::parse(wide, {}).error(), RejectReason::TooManyPixels);
  EXPECT_EQ(GifFile::parse(file, {.max_frames = 1}).error(), RejectReason::TooManyFrames);
}

TEST(GifFileTest, SurvivesEveryCut) {
  const std::string file =
      test::encode_gif({test::draw_scene(1, 16, 16)}, {.xmp = test::xmp_packet_at(1, 2)});

  for (std::size_t size = 6; size <= file.size(); ++size) {
    const std::string stripped = strip(file.substr(0, size));
    EXPECT_TRUE(stripped.empty() || is_clean(stripped)) << size;
  }
}

TEST(GifVerifierTest, SeesEveryByteThatDoesNotBelong) {
  const std::string plain = test::encode_gif(film());

  EXPECT_TRUE(is_clean(plain));
  EXPECT_FALSE(is_clean(plain + "x"));
  EXPECT_FALSE(is_clean(plain.substr(0, plain.size() - 1)));
  EXPECT_FALSE(is_clean(test::encode_gif(film(), {.comment = "LEAK"})));
  EXPECT_FALSE(is_clean(test::encode_gif(film(), {.xmp = test::xmp_packet_at(1, 2)})));
}

TEST(GifVerifierTest, SeesWhatStandsBehindTheRowsOfAFrame) {
  const std::string first = tiny_frame(kTinyChain);

  EXPECT_TRUE(is_clean(tiny(first + first)));
  EXPECT_FALSE(is_clean(tiny(first + tiny_frame("\x06"s + kTinyRows + "LEAK\0"s))));
  EXPECT_FALSE(is_clean(tiny(first + tiny_frame("\x04LEAK\0"s))));
  EXPECT_FALSE(is_clean(tiny(first + tiny_frame("\x01\x84\0"s))));
}

TEST(GifVerifierTest, SeesBlocksWithoutAFrame) {
  const std::string first = tiny_frame(kTinyChain);
  const std::string control = "\x21\xf9\x04\x05\x0a\0\x07\0"s;
  const std::string loop = "\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"s;

  EXPECT_TRUE(is_clean(tiny(loop + control + first)));
  EXPECT_FALSE(is_clean(tiny(loop + control + control + first)));
  EXPECT_FALSE(is_clean(tiny(first + control)));
  EXPECT_FALSE(is_clean(tiny(loop + loop + first)));
}

}  // namespace
}  // namespace sightingd
