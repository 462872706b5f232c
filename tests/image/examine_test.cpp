#include "pipeline/image/examine.h"

#include "pipeline/image/format/bytes.h"
#include "tests/image/examined.h"
#include "tests/support/pictures.h"
#include "tests/support/plain_readers.h"

#include <gtest/gtest.h>

#include <functional>

namespace sightingd {
namespace {

using test::hash_of_scene;
using test::rejection;
using test::scene;
using test::stored;

using namespace std::string_literals;

using test::Extras;
using test::Picture;

struct Encoder {
  std::string name;
  std::function<std::string(const Picture&, const Extras&)> encode;
};

// Every kind that can carry EXIF.
const std::vector<Encoder>& encoders() {
  static const std::vector<Encoder> all{
      {"jpeg", [](const Picture& p, const Extras& e) { return test::encode_jpeg(p, e); }},
      {"progressive jpeg",
       [](const Picture& p, const Extras& e) {
         return test::encode_jpeg(p, e, {.progressive = true});
       }},
      {"png", [](const Picture& p, const Extras& e) { return test::encode_png(p, e); }},
      {"interlaced png",
       [](const Picture& p, const Extras& e) {
         return test::encode_png(p, e, {.interlaced = true});
       }},
      {"webp", [](const Picture& p, const Extras& e) { return test::encode_webp(p, e); }},
      {"lossless webp",
       [](const Picture& p, const Extras& e) {
         return test::encode_webp(p, e, {.lossless = true});
       }},
      {"animated webp",
       [](const Picture& p, const Extras& e) {
         return test::encode_animated_webp({p, p}, e);
       }},
  };
  return all;
}

TEST(ExamineTest, SaysWhatIsKnownOfAPhoto) {
  const std::string file = test::encode_jpeg(
      scene(), {.exif = test::exif_block(test::CameraExif{.orientation = 1,
                                                          .latitude = 22.2167,
                                                          .longitude = 113.55,
                                                          .altitude_m = 35,
                                                          .accuracy_m = 12,
                                                          .taken = "2026:01:31 18:22:10",
                                                          .taken_offset = "+08:00"}),
                .c2pa = true});

  const ExaminedImage image = stored(file);

  EXPECT_EQ(image.photo.bytes, image.stripped.size());
  EXPECT_EQ(image.photo.kind, ImageKind::Jpeg);
  EXPECT_EQ(image.photo.width, 320U);
  EXPECT_EQ(image.photo.height, 240U);
  ASSERT_TRUE(image.photo.location);
  EXPECT_NEAR(image.photo.location->latitude, 22.2167, 1e-6);
  EXPECT_EQ(image.photo.location->altitude_m, 35);
  EXPECT_EQ(image.photo.location->accuracy_m, 12);
  EXPECT_EQ(image.photo.captured_at, "2026-01-31T18:22:10+08:00");
  EXPECT_EQ(image.photo.provenance, "c2pa");
  EXPECT_GE(image.photo.pdq.quality, 50);
  EXPECT_TRUE(image.photo.pdq.is_stable);
  EXPECT_EQ(image.stripped, test::encode_jpeg(scene()));
}

TEST(ExamineTest, FindsTheLocationInEveryKind) {
  const std::string exif =
      test::exif_block(test::CameraExif{.latitude = -33.8568, .longitude = 151.2153});

  for (const Encoder& encoder : encoders()) {
    const auto from_exif = stored(encoder.encode(scene(), {.exif = exif})).photo.location;
    const auto from_xmp =
        stored(encoder.encode(scene(), {.xmp = test::xmp_packet_at(-33.8568, 151.2153)}))
            .photo.location;

    ASSERT_TRUE(from_exif && from_xmp) << encoder.name;
    EXPECT_NEAR(from_exif->latitude, -33.8568, 1e-6);
    EXPECT_EQ(from_exif->origin, LocationOrigin::Exif);
    EXPECT_NEAR(from_xmp->longitude, 151.2153, 1e-6);
    EXPECT_EQ(from_xmp->origin, LocationOrigin::Xmp);
  }
}

TEST(ExamineTest, FindsTheLocationInGif) {
  const auto location =
      stored(test::encode_gif({scene()}, {.xmp = test::xmp_packet_at(1.5, 2.5)})).photo.location;

  ASSERT_TRUE(location);
  EXPECT_NEAR(location->latitude, 1.5, 1e-6);
}

TEST(ExamineTest, NamesThePlaceOfAPhotoWithoutCoordinates) {
  const std::string resources =
      test::photoshop_resource(0x0404, test::iptc_record({{2, 90, "Budapest"}}));
  std::string file = test::encode_jpeg(scene());
  file.insert(2, test::jpeg_segment(0xed, std::string("Photoshop 3.0\0", 14) + resources));

  const ExaminedImage image = stored(file);

  EXPECT_EQ(image.photo.location, (Location{.origin = LocationOrigin::Iptc, .place = "Budapest"}));
  EXPECT_EQ(image.stripped, test::encode_jpeg(scene()));
}

TEST(ExamineTest, NamesThePlaceFromXmpInEveryKind) {
  const std::string packet = test::xmp_packet("photoshop:City=\"深圳\"");
  const Location shenzhen{.origin = LocationOrigin::Xmp, .place = "深圳"};

  for (const Encoder& encoder : encoders()) {
    EXPECT_EQ(stored(encoder.encode(scene(), {.xmp = packet})).photo.location, shenzhen)
        << encoder.name;
  }
  EXPECT_EQ(stored(test::encode_gif({scene()}, {.xmp = packet})).photo.location, shenzhen);
}

TEST(ExamineTest, StoresWhatOtherReadersReadToTheLastByte) {
  const Extras extras{.exif = test::exif_block(test::CameraExif{.orientation = 6}),
                      .icc = test::icc_profile(),
                      .comment = "LEAK",
                      .trailer = "LEAK"};
  for (const auto& [name, encode] : encoders()) {
    const std::string file = stored(encode(scene(), extras)).stripped;

    EXPECT_TRUE(!file.starts_with("\xff\xd8") || test::libjpeg_reads_all(file)) << name;
    EXPECT_TRUE(!file.starts_with("\x89PNG") || test::libpng_reads_all(file)) << name;
  }
  const std::string png = test::encode_png(scene());
  const std::string jpeg = test::encode_jpeg(scene());
  EXPECT_FALSE(test::libpng_reads_all(png + "x"));
  const std::string small = test::encode_png(test::draw_flat(8, 8));
  const std::size_t data = small.find("IDAT");
  const std::string rows = small.substr(data + 4, big32(small, data - 4));
  EXPECT_FALSE(test::libpng_reads_all(small.substr(0, data - 4) +
                                      test::png_chunk("IDAT", rows + "LEAK") +
                                      test::png_chunk("IEND", "")));
  EXPECT_FALSE(test::libjpeg_reads_all(jpeg + "x"));
  EXPECT_FALSE(test::libjpeg_reads_all(jpeg.substr(0, jpeg.size() - 2) + "LEAK behind the scan"));
}

TEST(ExamineTest, PrefersExifToXmp) {
  const auto location =
      stored(test::encode_jpeg(scene(), {.exif = test::exif_block(
                                             test::CameraExif{.latitude = 1.5, .longitude = 2.5}),
                                         .xmp = test::xmp_packet_at(3.5, 4.5)}))
          .photo.location;

  ASSERT_TRUE(location);
  EXPECT_EQ(location->origin, LocationOrigin::Exif);
}

TEST(ExamineTest, TakesXmpWhereExifHasNoPlace) {
  const ExaminedImage image = stored(test::encode_jpeg(
      scene(), {.exif = test::exif_block(test::CameraExif{.taken = "2026:01:31 18:22:10"}),
                .xmp = test::xmp_packet("exif:GPSLatitude=\"1,30N\" exif:GPSLongitude=\"2,30E\""
                                        " exif:DateTimeOriginal=\"2025-01-01T00:00:00\"")}));

  ASSERT_TRUE(image.photo.location);
  EXPECT_EQ(image.photo.location->origin, LocationOrigin::Xmp);
  EXPECT_EQ(image.photo.captured_at, "2026-01-31T18:22:10");
}

TEST(ExamineTest, HashesAPictureTheSameInEveryKind) {
  const PdqHash expected = hash_of_scene();

  for (const Encoder& encoder : encoders()) {
    EXPECT_LE(distance(stored(encoder.encode(scene(), {})).photo.pdq.hash, expected), 6)
        << encoder.name;
  }
  EXPECT_LE(distance(stored(test::encode_gif({scene()})).photo.pdq.hash, expected), 20);
  EXPECT_LE(distance(stored(test::encode_gif({scene()}, {}, true)).photo.pdq.hash, expected), 20);
  EXPECT_LE(distance(stored(test::encode_cmyk_jpeg(scene())).photo.pdq.hash, expected), 6);
  EXPECT_LE(
      distance(stored(test::encode_png(scene(), {}, {.bit_depth = 16})).photo.pdq.hash, expected),
      0);
}

TEST(ExamineTest, HashesAPictureTheSameAtEverySize) {
  const Picture large = test::draw_scene(3, 2000, 1500);
  const PdqHash expected = stored(test::encode_jpeg(large)).photo.pdq.hash;

  for (const auto& [width, height] :
       {std::pair(1280, 960), std::pair(999, 750), std::pair(400, 300)}) {
    const Picture small = test::scaled(large, width, height);
    EXPECT_LE(distance(stored(test::encode_jpeg(small)).photo.pdq.hash, expected), 14) << width;
    EXPECT_LE(distance(stored(test::encode_png(small)).photo.pdq.hash, expected), 14) << width;
    EXPECT_LE(distance(stored(test::encode_webp(small)).photo.pdq.hash, expected), 14) << width;
  }
}

TEST(ExamineTest, StandsEveryOrientationUpright) {
  const Photo expected = stored(test::encode_png(scene())).photo;

  for (const Encoder& encoder : encoders()) {
    for (int orientation = 1; orientation <= 8; ++orientation) {
      const std::string file =
          encoder.encode(test::stored_for_orientation(scene(), orientation),
                         {.exif = test::exif_block(test::CameraExif{.orientation = orientation})});

      const ExaminedImage image = stored(file);

      EXPECT_EQ(image.photo.width, 320U) << encoder.name << orientation;
      EXPECT_EQ(image.photo.height, 240U);
      EXPECT_LE(distance(image.photo.pdq.hash, expected.pdq.hash), 6)
          << encoder.name << orientation;
      const Photo again = stored(image.stripped).photo;
      EXPECT_EQ(again.pdq.hash, image.photo.pdq.hash) << encoder.name << orientation;
      EXPECT_EQ(again.width, 320U);
    }
  }
}

TEST(ExamineTest, TellsAMirroredPictureFromItsOriginal) {
  const PdqHash mirrored =
      stored(test::encode_png(test::stored_for_orientation(scene(), 2))).photo.pdq.hash;

  EXPECT_GT(distance(mirrored, hash_of_scene()), 60);
}

TEST(ExamineTest, PutsTransparencyOverWhite) {
  const Picture black = test::draw_flat(320, 240, {0, 0, 0});
  std::vector<std::uint8_t> alpha;
  Picture expected = test::draw_flat(320, 240);
  for (std::size_t i = 0; i < 320 * 240; ++i) {
    alpha.push_back(static_cast<std::uint8_t>(255 - scene().rgb[3 * i + 1]));
    std::fill_n(&expected.rgb[3 * i], 3, scene().rgb[3 * i + 1]);
  }
  const PdqHash hash = stored(test::encode_png(expected)).photo.pdq.hash;

  EXPECT_LE(distance(stored(test::encode_png(black, {}, {.alpha = alpha})).photo.pdq.hash, hash),
            2);
  EXPECT_LE(
      distance(
          stored(test::encode_webp(black, {}, {.lossless = true, .alpha = alpha})).photo.pdq.hash,
          hash),
      2);
}

TEST(ExamineTest, SaysWhatAPictureIsLookedUpByInEveryPosition) {
  const PdqHash original = stored(test::encode_jpeg(scene())).photo.pdq.hash;
  const std::string mirrored = test::encode_jpeg(test::stored_for_orientation(scene(), 2));

  const ExaminedImage copy = stored(mirrored);

  const auto found = likeness(copy.forms, {.whole = original, .inner = {}}, kNearDistance);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->via, (Transformation{.framed = false, .turn = Turn::Mirrored}));
  EXPECT_EQ(copy.forms.front().hash, copy.photo.pdq.hash);
}

TEST(ExamineTest, KnowsAFlatPictureAsUnstable) {
  const Photo photo = stored(test::encode_png(test::draw_flat(400, 300))).photo;

  EXPECT_FALSE(photo.pdq.is_stable);
  EXPECT_FALSE(is_matchable(photo.pdq));
  EXPECT_EQ(photo.inner_pdq, std::nullopt);
}

TEST(ExamineTest, TakesTinyPictures) {
  for (const auto& [width, height] : {std::pair(1, 1), std::pair(64, 4), std::pair(5, 5)}) {
    const Picture tiny = test::draw_scene(1, width, height);

    EXPECT_EQ(stored(test::encode_png(tiny)).photo.width, static_cast<std::uint32_t>(width));
    EXPECT_EQ(stored(test::encode_jpeg(tiny)).photo.width, static_cast<std::uint32_t>(width));
    EXPECT_EQ(stored(test::encode_png(tiny, {}, {.interlaced = true})).photo.height,
              static_cast<std::uint32_t>(height));
  }
}

TEST(ExamineTest, TakesATruncatedJpegAsFarAsItGoes) {
  const std::string whole = test::encode_jpeg(scene());

  const ExaminedImage image = stored(whole.substr(0, whole.size() * 9 / 10));

  EXPECT_EQ(image.photo.height, 240U);
  EXPECT_LE(distance(image.photo.pdq.hash, hash_of_scene()), 60);
}

TEST(ExamineTest, RefusesAJpegWithBytesBehindItsLastScan) {
  for (const bool progressive : {false, true}) {
    const std::string file = test::encode_jpeg(scene(), {}, {.progressive = progressive});
    const std::string cut = file.substr(0, file.size() - 2);

    EXPECT_EQ(rejection(cut + "LEAK: a trailer without an end"), RejectReason::Unstrippable);
    EXPECT_EQ(rejection(cut + "LEAK: bytes before the end\xff\xd9"), RejectReason::Unstrippable);
  }
}

TEST(ExamineTest, TakesAJpegWhoseEncoderLeftAByte) {
  std::string file = test::encode_jpeg(scene());
  file.insert(file.size() - 2, "\x20");

  EXPECT_EQ(stored(file).stripped, file);
}

TEST(ExamineTest, RefusesAJpegWithBytesBetweenItsRestarts) {
  std::string file = test::encode_jpeg(scene(), {}, {.restart_rows = 1});
  file.insert(file.find("\xff\xd1"s), "LEAK: bytes before a restart");

  EXPECT_EQ(rejection(file), RejectReason::Unstrippable);
}

// A WebP file whose last chunk has more bytes at its end.
std::string longer_webp(std::string file, std::string_view last_chunk, const std::string& more) {
  const std::size_t at = file.rfind(last_chunk) + 4;
  const auto grow = [&](std::size_t size_at) {
    const std::size_t size = little32(file, size_at) + more.size();
    std::string text;
    append_little32(text, size);
    file.replace(size_at, 4, text);
  };
  grow(at);
  grow(4);
  return file.insert(at + 4 + little32(file, at) - more.size(), more);
}

TEST(ExamineTest, RefusesAWebpWithBytesBehindItsStream) {
  const std::string more = "LEAK in the chunk of a picture, behind its end..";

  EXPECT_EQ(rejection(longer_webp(test::encode_webp(scene()), "VP8 ", more)),
            RejectReason::Unstrippable);
  EXPECT_EQ(
      rejection(longer_webp(test::encode_webp(scene(), {}, {.lossless = true}), "VP8L", more)),
      RejectReason::Unstrippable);
}

TEST(ExamineTest, DecodesEveryFrameOfAWebp) {
  const std::string file = test::encode_animated_webp({scene(), scene()});
  std::string text = file;
  const std::size_t data = file.rfind("VP8L") + 8 + 5;  // Behind its size.
  for (std::size_t at = data; at < file.size(); ++at) {
    text[at] = "LEAK"[at % 4];
  }

  EXPECT_EQ(stored(file).stripped, file);
  EXPECT_EQ(rejection(text), RejectReason::Malformed);
}

TEST(ExamineTest, TellsOtherKindsFromWhatIsNoImage) {
  EXPECT_EQ(rejection("\0\0\0\x18"
                      "ftypcrx \0\0\0\0isomcrx "s),
            RejectReason::UnknownFormat);
  EXPECT_TRUE(std::holds_alternative<NotAnImage>(examine("<html>503</html>", {})));
  EXPECT_TRUE(std::holds_alternative<NotAnImage>(examine("", {})));
}

TEST(ExamineTest, RefusesBombsByTheirHeaders) {
  // 60,000 x 60,000 pixels of one colour, claimed in some hundred bytes.
  std::string png = test::encode_png(test::draw_flat(8, 8));
  const std::string header = test::png_chunk("IHDR", "\0\0\xea\x60\0\0\xea\x60\x08\x02\0\0\0"s);
  png.replace(8, header.size(), header);
  std::string gif = test::encode_gif({test::draw_flat(8, 8)});
  gif.replace(6, 4, "\x60\xea\x60\xea");
  std::string jpeg = test::encode_jpeg(test::draw_flat(8, 8));
  jpeg.replace(jpeg.find("\xff\xc0"s) + 5, 4, "\xea\x60\xea\x60");

  EXPECT_EQ(rejection(png), RejectReason::TooManyPixels);
  EXPECT_EQ(rejection(gif), RejectReason::TooManyPixels);
  EXPECT_EQ(rejection(jpeg), RejectReason::TooManyPixels);
}

// The pool asks about TooManyPixels again with a higher limit, which would be in vain.
TEST(ExamineTest, TellsASideThatIsTooLongFromTooManyPixels) {
  std::string png = test::encode_png(test::draw_flat(8, 8));
  const std::string header = test::png_chunk("IHDR", "\0\x01\0\0\0\0\0\x08\x08\x02\0\0\0"s);
  png.replace(8, header.size(), header);  // 65,536 x 8

  EXPECT_EQ(rejection(png), RejectReason::UnsupportedVariant);
  EXPECT_EQ(rejection(png, {.max_pixels = 1}), RejectReason::UnsupportedVariant);
}

TEST(ExamineTest, SurvivesEveryCutOfASmallFile) {
  const Picture small = test::draw_scene(2, 24, 18);
  const Extras extras{.exif = test::exif_block(
                          test::CameraExif{.orientation = 6, .latitude = 1.5, .longitude = 2.5}),
                      .xmp = test::xmp_packet_at(1.5, 2.5)};
  std::vector<std::string> files{test::encode_gif({small, small}, {.xmp = extras.xmp})};
  for (const Encoder& encoder : encoders()) {
    files.push_back(encoder.encode(small, extras));
  }

  for (const std::string& file : files) {
    for (std::size_t size = 0; size <= file.size(); ++size) {
      const Examination examined = examine(std::string_view(file).substr(0, size), {});
      if (const auto* image = std::get_if<ExaminedImage>(&examined)) {
        EXPECT_EQ(image->stripped.find("xpacket"), std::string::npos);
      }
    }
  }
}

TEST(ExamineTest, SurvivesEveryFlippedByteOfASmallFile) {
  const Picture small = test::draw_scene(2, 16, 12);
  std::vector<std::string> files{test::encode_gif({small})};
  for (const Encoder& encoder : encoders()) {
    files.push_back(encoder.encode(small, {}));
  }

  for (const std::string& file : files) {
    for (std::size_t at = 0; at < file.size(); ++at) {
      std::string damaged = file;
      damaged[at] = static_cast<char>(~damaged[at]);
      const Examination examined = examine(damaged, {.max_pixels = 1'000'000});
      const auto* image = std::get_if<ExaminedImage>(&examined);
      EXPECT_TRUE(image == nullptr || !image->stripped.empty());
    }
  }
}

TEST(ExamineTest, IsDeterministic) {
  const std::string file = test::encode_jpeg(test::with_noise(scene(), 1));

  EXPECT_EQ(examine(file, {}), examine(file, {}));
}

}  // namespace
}  // namespace sightingd
