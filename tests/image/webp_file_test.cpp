#include "pipeline/image/format/webp/webp_file.h"

#include "pipeline/image/format/bytes.h"
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

std::string riff(const std::string& chunks) {
  std::string file = "RIFF";
  append_little32(file, 4 + chunks.size());
  return file + "WEBP" + chunks;
}

std::string strip(const std::string& file, Orientation orientation = Orientation::Upright) {
  const auto parsed = WebpFile::parse(file, {});
  return parsed ? parsed->stripped(orientation) : std::string();
}

bool is_clean(const std::string& file, Orientation orientation = Orientation::Upright) {
  return holds_only_the_picture(ImageKind::WebP, file, orientation);
}

TEST(WebpFileTest, LeavesAPlainFileAsItIs) {
  const std::string lossy = test::encode_webp(scene());
  const std::string lossless = test::encode_webp(scene(), {}, {.lossless = true});

  EXPECT_EQ(strip(lossy), lossy);
  EXPECT_EQ(strip(lossless), lossless);
}

TEST(WebpFileTest, DropsAllButPictureAndColours) {
  const std::string stripped = strip(test::encode_webp(scene(), test::all_extras()));

  EXPECT_TRUE(is_clean(stripped));
  EXPECT_EQ(stripped.find("LEAK"), std::string::npos);
  EXPECT_EQ(stripped.find("XMP "), std::string::npos);
  EXPECT_EQ(stripped.find("EXIF"), std::string::npos);
  EXPECT_EQ(stripped, test::encode_webp(scene(), {.icc = test::icc_profile()}));
}

TEST(WebpFileTest, ReadsWhatItDrops) {
  const auto file = WebpFile::parse(test::encode_webp(scene(), test::all_extras()), {});

  ASSERT_TRUE(file);
  EXPECT_EQ(file->carriers().exif, std::vector{test::all_extras().exif});
  EXPECT_EQ(file->carriers().xmp, std::vector{test::all_extras().xmp});
  EXPECT_TRUE(file->carriers().has_c2pa);
  EXPECT_EQ(file->width(), 64U);
  EXPECT_EQ(file->height(), 48U);
}

TEST(WebpFileTest, KeepsTransparency) {
  const std::vector<std::uint8_t> alpha(64 * 48, 100);
  const std::string file = test::encode_webp(scene(), {}, {.alpha = alpha});

  EXPECT_EQ(strip(file), file);
}

TEST(WebpFileTest, KeepsAnimationAndCleansItsFrames) {
  const std::string plain = test::encode_animated_webp({scene(), test::draw_scene(2, 64, 48)});
  std::string file = plain;
  const std::size_t frame = file.find("ANMF");
  const std::string note = test::riff_chunk("NOTE", "LEAK");
  file.insert(frame + 8 + 16, note);
  for (const std::size_t at : {std::size_t{4}, frame + 4}) {  // Both sizes grow.
    const std::size_t size = little32(file, at) + note.size();
    file[at] = static_cast<char>(size);
    file[at + 1] = static_cast<char>(size >> 8U);
  }

  EXPECT_EQ(strip(plain), plain);
  EXPECT_FALSE(is_clean(file));
  EXPECT_EQ(strip(file), plain);
}

TEST(WebpFileTest, EndsAnAnimationThatCostsTooMuch) {
  // Frames that claim 8000 x 8000 pixels.
  const std::string file = test::encode_animated_webp({scene(), scene()});
  const std::size_t at = file.find("ANMF");
  std::string frame = file.substr(at, (file.size() - at) / 2);
  frame.replace(8 + 6, 6, "\x3f\x1f\0\x3f\x1f\0"s);
  std::string chunks = file.substr(12, at - 12);
  chunks.replace(12, 6, "\x3f\x1f\0\x3f\x1f\0"s);
  for (int i = 0; i < 6; ++i) {
    chunks += frame;
  }

  const std::string stripped = strip(riff(chunks));

  EXPECT_EQ(stripped,
            riff(file.substr(12, 12) + chunks.substr(12, at - 24) + frame + frame + frame + frame));
}

TEST(WebpFileTest, CountsFrames) {
  const std::string file = test::encode_animated_webp({scene(), scene(), scene()});

  EXPECT_TRUE(WebpFile::parse(file, {.max_frames = 3}));
  EXPECT_EQ(WebpFile::parse(file, {.max_frames = 2}).error(), RejectReason::TooManyFrames);
}

TEST(WebpFileTest, WritesTheOrientationAfresh) {
  for (const std::string& file :
       {test::encode_webp(scene()), test::encode_webp(scene(), test::all_extras())}) {
    const std::string stripped = strip(file, Orientation::QuarterTurnLeft);

    EXPECT_TRUE(is_clean(stripped, Orientation::QuarterTurnLeft));
    EXPECT_FALSE(is_clean(stripped));
    EXPECT_EQ(WebpFile::parse(stripped, {})->carriers().exif,
              std::vector{orientation_block(Orientation::QuarterTurnLeft)});
  }
}

TEST(WebpFileTest, ExtendsASimpleFileThatHasAColourProfile) {
  const std::string profile = test::riff_chunk("ICCP", test::icc_profile());
  const std::string plain = test::encode_webp(scene()).substr(12);
  const std::vector<std::uint8_t> alpha(64 * 48, 100);
  const std::string clear =
      test::encode_webp(scene(), {}, {.lossless = true, .alpha = alpha}).substr(12);
  const std::string header = "VP8X\x0a\0\0\0"s;
  const std::string size = "\0\0\0\x3f\0\0\x2f\0\0"s;

  EXPECT_EQ(strip(riff(profile + plain)), riff(header + '\x20' + size + profile + plain));
  EXPECT_EQ(strip(riff(profile + clear)), riff(header + '\x30' + size + profile + clear));
}

TEST(WebpFileTest, DropsAColourProfileThatIsNone) {
  const std::string stripped = strip(test::encode_webp(scene(), {.icc = "LEAK"}));

  EXPECT_TRUE(is_clean(stripped));
  EXPECT_EQ(stripped.find("ICCP"), std::string::npos);
}

TEST(WebpFileTest, RefusesMorePixelsThanAllowed) {
  EXPECT_EQ(WebpFile::parse(test::encode_webp(scene()), {.max_pixels = 100}).error(),
            RejectReason::TooManyPixels);
  std::string huge = test::encode_webp(scene(), test::all_extras());
  huge.replace(huge.find("VP8X") + 12, 6, "\xfe\xff\0\xfe\xff\0"s);
  EXPECT_EQ(WebpFile::parse(huge, {}).error(), RejectReason::TooManyPixels);
}

TEST(WebpFileTest, RefusesAFileWithoutAPicture) {
  EXPECT_EQ(WebpFile::parse("RIFF\x04\0\0\0WEBP"s, {}).error(), RejectReason::Malformed);
}

TEST(WebpFileTest, SurvivesEveryCut) {
  const std::string file = test::encode_webp(test::draw_scene(1, 16, 16), test::all_extras());

  for (std::size_t size = 12; size <= file.size(); ++size) {
    const std::string stripped = strip(file.substr(0, size));
    EXPECT_TRUE(stripped.empty() || is_clean(stripped)) << size;
  }
}

TEST(WebpVerifierTest, SeesEveryByteThatDoesNotBelong) {
  const std::string plain = test::encode_webp(scene());

  EXPECT_TRUE(is_clean(plain));
  EXPECT_FALSE(is_clean(plain + "x"));
  EXPECT_FALSE(is_clean(plain.substr(0, plain.size() - 2)));
  EXPECT_FALSE(is_clean(test::encode_webp(scene(), {.comment = "LEAK"})));
  EXPECT_FALSE(is_clean(test::encode_webp(scene(), {.xmp = test::xmp_packet_at(1, 2)})));
}

TEST(WebpVerifierTest, SeesAProfileThatIsNone) {
  const std::string plain = strip(test::encode_webp(scene(), {.icc = test::icc_profile()}));
  const std::size_t at = plain.find("ICCP") + 8;
  const auto changed = [&](std::size_t where, const std::string& bytes) {
    return std::string(plain).replace(at + where, bytes.size(), bytes);
  };

  EXPECT_TRUE(is_clean(plain));
  EXPECT_FALSE(is_clean(changed(131, "\0"s)));
  EXPECT_FALSE(is_clean(changed(120, "LEAK")));
  EXPECT_FALSE(is_clean(changed(132, "mmod")));
  EXPECT_FALSE(is_clean(changed(136, "\0\0\0\x98\0\0\0\x68"s)));
  EXPECT_FALSE(is_clean(changed(140, "\0\0\0\x20"s)));
}

TEST(WebpFileTest, KeepsAPictureOrAnAnimation) {
  const std::string picture = test::encode_webp(scene()).substr(12);
  const std::string film = test::encode_animated_webp({scene(), scene()}).substr(12);
  const std::size_t animation = film.find("ANIM");
  std::string still = film.substr(0, animation) + picture;
  still[8] = 0;

  EXPECT_EQ(strip(riff(film.substr(0, animation) + test::riff_chunk("ANIM", "LEAKLE") + picture)),
            riff(still));
  EXPECT_EQ(strip(riff(film.substr(0, animation) + test::riff_chunk("ALPH", "LEAK") +
                       film.substr(animation))),
            riff(film));
}

TEST(WebpFileTest, DropsAlphaBesideAStreamThatHasItsOwn) {
  const std::string lossless = test::encode_webp(scene(), {}, {.lossless = true}).substr(12);

  EXPECT_EQ(strip(riff(test::riff_chunk("ALPH", "LEAK") + lossless)), riff(lossless));
}

TEST(WebpFileTest, RefusesFramesWithoutAnAnimation) {
  std::string film = test::encode_animated_webp({scene(), scene()});
  film.replace(film.find("ANIM"), 4, "NONE");

  EXPECT_EQ(WebpFile::parse(film, {}).error(), RejectReason::Malformed);
}

TEST(WebpFileTest, RefusesAFrameBehindWhichReadersDiffer) {
  const std::string film = test::encode_animated_webp({scene(), scene()}).substr(12);
  const std::size_t at = film.find("ANMF");
  const std::string head = film.substr(0, at);
  const std::string frame = film.substr(at, 8 + little32(film, at + 4));
  const auto followed_by = [&](const std::string& rest) {
    return riff(head + test::riff_chunk("ANMF", frame.substr(8) + rest) + frame);
  };

  EXPECT_EQ(strip(followed_by({})), riff(head + frame + frame));
  EXPECT_EQ(strip(followed_by(test::riff_chunk("NOTE", "LEAK"))), riff(head + frame + frame));
  EXPECT_EQ(WebpFile::parse(followed_by(frame), {}).error(), RejectReason::Malformed);
  EXPECT_EQ(WebpFile::parse(followed_by("NOTE\x40\0\0\0LEAK"s), {}).error(),
            RejectReason::Malformed);
}

TEST(WebpFileTest, ClearsReservedBitsOfAFrame) {
  const std::string film = test::encode_animated_webp({scene(), scene()});
  std::string reserved = film;
  reserved[film.find("ANMF") + 8 + 15] = '\x54';

  EXPECT_EQ(strip(reserved), film);
  EXPECT_FALSE(is_clean(reserved));
}

TEST(WebpVerifierTest, SeesPiecesThatComeAgainOrOutOfPlace) {
  const std::string picture = test::encode_webp(scene()).substr(12);
  const std::string extended =
      strip(test::encode_webp(scene(), {.icc = test::icc_profile()})).substr(12);
  const std::string film = test::encode_animated_webp({scene(), scene()}).substr(12);
  const std::string profile = test::riff_chunk("ICCP", test::icc_profile());

  EXPECT_TRUE(is_clean(riff(picture)));
  EXPECT_TRUE(is_clean(riff(extended)));
  EXPECT_TRUE(is_clean(riff(film)));
  EXPECT_FALSE(is_clean(riff(picture + picture)));
  EXPECT_FALSE(is_clean(riff(extended + picture)));
  EXPECT_FALSE(is_clean(riff(film + picture)));
  EXPECT_FALSE(is_clean(riff(profile + picture)));
  EXPECT_FALSE(is_clean(riff(extended + profile)));
  EXPECT_FALSE(is_clean(riff(test::riff_chunk("ALPH", "LEAK"))));
  EXPECT_FALSE(is_clean(riff(test::riff_chunk("ANIM", "LEAKLE") + picture)));
  EXPECT_FALSE(is_clean(riff(extended.substr(0, 18) + picture)));
}

}  // namespace
}  // namespace sightingd
