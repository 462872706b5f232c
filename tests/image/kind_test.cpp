#include "pipeline/image/format/kind.h"

#include "tests/support/pictures.h"

#include <gtest/gtest.h>

#include <string>

namespace sightingd {
namespace {

using namespace std::string_literals;

ImageKind kind_of(const std::string& bytes) { return std::get<ImageKind>(recognise(bytes)); }

bool is_other_image(const std::string& bytes) {
  const auto kind = recognise(bytes);
  const auto* reason = std::get_if<RejectReason>(&kind);
  return reason != nullptr && *reason == RejectReason::UnknownFormat;
}

bool is_no_image(const std::string& bytes) {
  return std::holds_alternative<NotAnImage>(recognise(bytes));
}

TEST(KindTest, KnowsTheHandledKinds) {
  const test::Picture picture = test::draw_scene(1, 16, 12);

  EXPECT_EQ(kind_of(test::encode_jpeg(picture)), ImageKind::Jpeg);
  EXPECT_EQ(kind_of(test::encode_png(picture)), ImageKind::Png);
  EXPECT_EQ(kind_of(test::encode_webp(picture)), ImageKind::WebP);
  EXPECT_EQ(kind_of(test::encode_gif({picture})), ImageKind::Gif);
  EXPECT_EQ(kind_of("GIF87a"), ImageKind::Gif);
  EXPECT_EQ(kind_of("\0\0\0\x18"
                    "ftypheic\0\0\0\0mif1heic"s),
            ImageKind::Heic);
  EXPECT_EQ(kind_of("\0\0\0\x1c"
                    "ftypmp42\0\0\0\0mp42avif"s),
            ImageKind::Avif);
  EXPECT_EQ(kind_of("II*\0\x08\0\0\0"s), ImageKind::Tiff);
  EXPECT_EQ(kind_of("MM\0*\0\0\0\x08"s), ImageKind::Tiff);
  EXPECT_EQ(kind_of("II+\0\x08\0\0\0"s), ImageKind::Tiff);
}

TEST(KindTest, TellsOtherImagesFromWhatIsNone) {
  EXPECT_TRUE(
      is_other_image("\0\0\0\x18"
                     "ftypcrx \0\0\0\0isomcrx "s));
  EXPECT_TRUE(is_other_image("BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"s));
  EXPECT_TRUE(is_other_image("\xff\x0a\xfa\x7f"s));
  EXPECT_TRUE(is_other_image("\0\0\0\x0cJXL \x0d\x0a\x87\x0a"s));
  EXPECT_TRUE(is_other_image("\0\0\0\x0cjP  \x0d\x0a\x87\x0a"s));
  EXPECT_TRUE(is_other_image("\0\0\1\0\1\0\x10\x10\0\0"s));
  EXPECT_TRUE(is_other_image("8BPS\0\1"s));
}

TEST(KindTest, KnowsRawFormatsThatAreNoTiff) {
  for (const std::string& bytes :
       {"FUJIFILMCCD-RAW 0201"s, "IIRO\x08\0\0\0"s, "IIRS\x08\0\0\0"s, "MMOR\0\0\0\x08"s,
        "IIU\0\x18\0\0\0"s, "II\x1a\0\0\0HEAPCCDR"s, "\0MRM\0\0\0\x10"s, "FOVb\0\0\2\0"s}) {
    EXPECT_TRUE(is_other_image(bytes)) << bytes;
  }
}

TEST(KindTest, KnowsWhatElseIsWrappedAsHeifIs) {
  for (const char* brand : {"avci", "avcs", "jpeg", "jpgs", "j2ki", "jxl ", "vvic", "evbi"}) {
    EXPECT_TRUE(
        is_other_image("\0\0\0\x14"
                       "ftyp"s +
                       brand + "\0\0\0\0isom"s))
        << brand;
  }
}

TEST(KindTest, KnowsTheSuccessorsOfJpegInAndOutOfTheirContainers) {
  EXPECT_TRUE(is_other_image("\xff\x0a\0\0"s));
  EXPECT_TRUE(is_other_image("\0\0\0\x0cJXL \x0d\x0a\x87\x0a\0\0\0\x14"s + "ftypjxl "));
  EXPECT_TRUE(is_other_image("\xff\x4f\xff\x51\0\x29"s));
  EXPECT_TRUE(is_other_image("\0\0\0\x0cJXS \x0d\x0a\x87\x0a"s));
  EXPECT_TRUE(is_other_image("\xff\x10\xff\x50"s));
  EXPECT_TRUE(is_other_image("II\xbc\x01\x20\0\0\0"s));
}

TEST(KindTest, TakesPagesAndArchivesForNoImage) {
  EXPECT_TRUE(is_no_image("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"));
  EXPECT_TRUE(is_no_image("<?xml version=\"1.0\"?><svg/>"));
  EXPECT_TRUE(is_no_image("%PDF-1.7"));
  EXPECT_TRUE(is_no_image("PK\x03\x04\x14\0"s));
  EXPECT_TRUE(is_no_image("\x1f\x8b\x08"));
}

TEST(KindTest, TakesTextAndFilmForNoImage) {
  EXPECT_TRUE(is_no_image(""));
  EXPECT_TRUE(is_no_image("<!DOCTYPE html><html>"));
  EXPECT_TRUE(is_no_image("BM is how this sentence begins."));
  EXPECT_TRUE(
      is_no_image("\0\0\0\x18"
                  "ftypmp42\0\0\0\0mp42isom"s));
  EXPECT_TRUE(is_no_image("RIFF\x24\0\0\0WAVEfmt "s));
  EXPECT_TRUE(is_no_image("\xff\xd8"s));
  EXPECT_TRUE(is_no_image("{\"error\":\"not found\"}"));
}

}  // namespace
}  // namespace sightingd
