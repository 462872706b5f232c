// Every way of coding a JPEG that phones, networks and printers' programs use, through the whole
// image stage.
#include "pipeline/image/examine.h"

#include "tests/support/pictures.h"
#include "tests/support/plain_readers.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sightingd {
namespace {

using namespace std::string_literals;

using test::JpegOptions;

const test::Picture& scene() {
  static const test::Picture picture = test::draw_scene(1);
  return picture;
}

ExaminedImage stored(const std::string& file) { return std::get<ExaminedImage>(examine(file, {})); }

RejectReason rejection(const std::string& file) {
  return std::get<RejectReason>(examine(file, {}));
}

// The start of frame, whatever its coding is; its segment begins with the length.
std::size_t frame_at(const std::string& file) {
  for (const char code : {'\xc0', '\xc1', '\xc2'}) {
    const std::size_t at = file.find("\xff"s + code + "\0"s);
    if (at != std::string::npos) {
      return at;
    }
  }
  return std::string::npos;
}

std::string with_segments(std::string file, const std::string& segments) {
  constexpr std::size_t kAfterJfif = 20;
  return file.insert(kAfterJfif, segments);
}

TEST(JpegVariantsTest, KeepEverySampleInWhateverWayTheyAreCoded) {
  const PdqHash hash = stored(test::encode_jpeg(scene())).photo.pdq.hash;
  for (const JpegOptions& options :
       {JpegOptions{.progressive = true}, JpegOptions{.restart_rows = 1},
        JpegOptions{.progressive = true, .restart_rows = 2}, JpegOptions{.arithmetic = true},
        JpegOptions{.restart_rows = 1, .arithmetic = true},
        JpegOptions{.progressive = true, .arithmetic = true}, JpegOptions{.gray = true}}) {
    const std::string file = test::encode_jpeg(scene(), test::all_extras(), options);

    const ExaminedImage image = stored(file);

    EXPECT_FALSE(test::libjpeg_samples(file).empty());
    EXPECT_EQ(test::libjpeg_samples(image.stripped), test::libjpeg_samples(file));
    EXPECT_TRUE(test::libjpeg_reads_all(image.stripped));
    EXPECT_EQ(image.stripped.find("LEAK"), std::string::npos);
    EXPECT_LE(distance(image.photo.pdq.hash, hash), 6);
  }
}

TEST(JpegVariantsTest, MaySayAFlatPictureInLessThanABitABlock) {
  const std::string file = test::encode_jpeg(test::draw_flat(800, 800), {}, {.arithmetic = true});

  EXPECT_EQ(stored(file).stripped, file);
}

TEST(JpegVariantsTest, ShowTheSamePictureInFourInks) {
  const PdqHash hash = stored(test::encode_jpeg(scene())).photo.pdq.hash;
  for (const test::InkOptions& options :
       {test::InkOptions{}, test::InkOptions{.adobe = false}, test::InkOptions{.ycck = true}}) {
    const std::string file = test::encode_cmyk_jpeg(scene(), options);

    const ExaminedImage image = stored(file);

    EXPECT_EQ(test::libjpeg_samples(image.stripped), test::libjpeg_samples(file));
    EXPECT_EQ(image.stripped.find("Adobe") != std::string::npos, options.adobe);
    EXPECT_LE(distance(image.photo.pdq.hash, hash), 6);
  }
}

// What a camera writes of the pictures behind the first one (CIPA DC-007); its content is beside
// the point, since it goes.
std::string multi_picture_index() {
  return test::jpeg_segment(0xe2, "MPF\0II*\0\x08\0\0\0LEAK"s + std::string(60, '\x01'));
}

TEST(JpegVariantsTest, LoseTheFurtherPicturesOfAnMpo) {
  const std::string plain = test::encode_jpeg(scene());
  const std::string second = test::encode_jpeg(
      test::draw_scene(2),
      {.exif = test::exif_block(test::CameraExif{.latitude = 22.2167, .longitude = 113.55})});

  const ExaminedImage image = stored(with_segments(plain, multi_picture_index()) + second);

  EXPECT_EQ(image.stripped, plain);
  EXPECT_FALSE(image.photo.location);
}

TEST(JpegVariantsTest, LoseTheGainMapOfUltraHdr) {
  const std::string plain = test::encode_jpeg(scene());
  const std::string gain_map_says = "<x:xmpmeta hdrgm:Version=\"1.0\" LEAK/>";
  const std::string marker = test::jpeg_segment(0xe2, "urn:iso:std:iso:ts:21496:-1\0\0\0\0\0"s);
  const std::string xmp =
      test::jpeg_segment(0xe1, "http://ns.adobe.com/xap/1.0/\0"s + gain_map_says);
  const std::string gain_map =
      test::encode_jpeg(test::draw_scene(3, 80, 60), {.xmp = gain_map_says}, {.gray = true});

  const ExaminedImage image =
      stored(with_segments(plain, xmp + marker + multi_picture_index()) + gain_map);

  EXPECT_EQ(image.stripped, plain);
}

TEST(JpegVariantsTest, AreNotReadWithTwelveBits) {
  std::string file = test::encode_jpeg(scene());
  const std::size_t frame = frame_at(file);
  file[frame + 1] = '\xc1';  // Extended sequential, which may have them.
  file[frame + 4] = 12;

  EXPECT_EQ(rejection(file), RejectReason::UnsupportedVariant);
}

TEST(JpegVariantsTest, AreNotReadLosslessHierarchicalOrAsJpegLs) {
  for (const char code :
       {'\xc3', '\xc5', '\xc6', '\xc7', '\xc8', '\xcb', '\xcd', '\xce', '\xcf', '\xde', '\xf7'}) {
    std::string file = test::encode_jpeg(scene());
    const std::size_t frame = frame_at(file);
    file[frame + 1] = code;

    EXPECT_EQ(rejection(file), RejectReason::UnsupportedVariant) << (code & 0xff);
  }
}

// A picture whose components are all those of a gray one, coded after one another.
std::string of_components(std::size_t count) {
  const std::string gray = test::encode_jpeg(scene(), {}, {.gray = true});
  const std::size_t frame = frame_at(gray);
  const std::size_t scan = gray.find("\xff\xda"s);
  const std::string data = gray.substr(scan + 10, gray.size() - 2 - (scan + 10));
  std::string components;
  std::string scans;
  for (std::size_t i = 1; i <= count; ++i) {
    const std::string id(1, static_cast<char>(i));
    components += id + "\x11\0"s;
    scans += test::jpeg_segment(0xda, "\x01" + id + "\0\0\x3f\0"s) + data;
  }
  const std::string header = gray.substr(frame + 4, 5) + static_cast<char>(count) + components;
  return gray.substr(0, frame) + test::jpeg_segment(0xc0, header) +
         gray.substr(frame + 13, scan - (frame + 13)) + scans + "\xff\xd9";
}

TEST(JpegVariantsTest, HaveOneThreeOrFourComponents) {
  for (const std::size_t count : {1, 3, 4}) {
    const std::string file = of_components(count);

    EXPECT_EQ(test::libjpeg_samples(stored(file).stripped), test::libjpeg_samples(file)) << count;
  }
  for (const std::size_t count : {2, 5, 10, 255}) {
    EXPECT_EQ(rejection(of_components(count)), RejectReason::UnsupportedVariant) << count;
  }
}

TEST(JpegVariantsTest, AreNotReadWithAHeightThatComesAfterTheScan) {
  std::string file = test::encode_jpeg(scene());
  file.replace(frame_at(file) + 5, 2, "\0\0"s);
  file.insert(file.size() - 2, test::jpeg_segment(0xdc, "\0\xf0"s));  // DNL

  EXPECT_EQ(rejection(file), RejectReason::UnsupportedVariant);
}

}  // namespace
}  // namespace sightingd
