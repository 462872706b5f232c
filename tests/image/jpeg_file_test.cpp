#include "pipeline/image/format/jpeg/jpeg_file.h"

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

std::string strip(const std::string& file, Orientation orientation = Orientation::Upright) {
  const auto parsed = JpegFile::parse(file, {});
  return parsed ? parsed->stripped(orientation) : std::string();
}

RejectReason rejection(const std::string& file, const ImageLimits& limits = {}) {
  return JpegFile::parse(file, limits).error();
}

bool is_clean(const std::string& file, Orientation orientation = Orientation::Upright) {
  return holds_only_the_picture(ImageKind::Jpeg, file, orientation);
}

// Puts a segment right behind the start of the file.
std::string with_segment(std::string file, const std::string& segment) {
  return file.insert(2, segment);
}

TEST(JpegFileTest, LeavesAPlainFileAsItIs) {
  const std::string plain = test::encode_jpeg(scene());

  EXPECT_EQ(strip(plain), plain);
}

TEST(JpegFileTest, DropsAllButPictureAndColours) {
  const std::string plain = test::encode_jpeg(scene());

  const std::string stripped = strip(test::encode_jpeg(scene(), test::all_extras()));

  EXPECT_TRUE(is_clean(stripped));
  EXPECT_EQ(stripped.find("LEAK"), std::string::npos);
  EXPECT_EQ(stripped.find("xpacket"), std::string::npos);
  EXPECT_EQ(stripped.find("c2pa"), std::string::npos);
  const std::string profile =
      test::jpeg_segment(0xe2, "ICC_PROFILE\0\x01\x01"s + test::icc_profile());
  EXPECT_EQ(stripped, plain.substr(0, 20) + profile + plain.substr(20));
}

TEST(JpegFileTest, DropsEverySegmentThatIsNotListed) {
  const std::string plain = test::encode_jpeg(scene());

  for (int marker = 0xe0; marker <= 0xfe; ++marker) {
    const std::string file = with_segment(
        plain, test::jpeg_segment(static_cast<std::uint8_t>(marker), "LEAK of some length"));
    EXPECT_EQ(strip(file), plain) << marker;
  }
}

TEST(JpegFileTest, ReadsWhatItDrops) {
  const auto file = JpegFile::parse(test::encode_jpeg(scene(), test::all_extras()), {});

  ASSERT_TRUE(file);
  EXPECT_EQ(file->carriers().exif, std::vector{test::all_extras().exif});
  EXPECT_EQ(file->carriers().xmp, std::vector{test::all_extras().xmp});
  EXPECT_TRUE(file->carriers().has_c2pa);
  EXPECT_EQ(file->width(), 64U);
  EXPECT_EQ(file->height(), 48U);
}

TEST(JpegFileTest, DropsThumbnailsOfJfif) {
  std::string file = test::encode_jpeg(scene());
  file.replace(2, 18, test::jpeg_segment(0xe0, "JFIF\0\x01\x02\0\0\x48\0\x48\x02\x01LEAKED"s));

  EXPECT_EQ(strip(file), test::encode_jpeg(scene()));
}

TEST(JpegFileTest, DropsStrayBytesBetweenSegments) {
  const std::string plain = test::encode_jpeg(scene());
  const std::string file = with_segment(plain, "LEAK between\xff\xff\xff");

  EXPECT_EQ(strip(file), plain);
}

TEST(JpegFileTest, DropsASecondPictureBehindTheFirst) {
  const std::string plain = test::encode_jpeg(scene());
  const std::string second = test::encode_jpeg(test::draw_scene(2, 32, 32), test::all_extras());

  EXPECT_EQ(strip(plain + second), plain);
}

TEST(JpegFileTest, DropsSegmentsBetweenScans) {
  const std::string plain = test::encode_jpeg(scene(), {}, {.progressive = true});
  std::string file = plain;
  const std::size_t second_scan = file.find("\xff\xda"s, file.find("\xff\xda"s) + 2);
  file.insert(second_scan, test::jpeg_segment(0xfe, "LEAK between scans"));

  EXPECT_EQ(strip(file), plain);
}

TEST(JpegFileTest, DropsTablesThatNoScanUses) {
  const std::string plain = test::encode_jpeg(scene());
  std::string file = plain;
  file.insert(file.size() - 2, test::jpeg_segment(0xdb, "\x03LEAK"s + std::string(60, '\x01')));

  EXPECT_EQ(strip(file), plain);
}

TEST(JpegFileTest, KeepsRestartMarkersInTheScan) {
  const std::string plain = test::encode_jpeg(scene(), {}, {.restart_rows = 1});

  EXPECT_EQ(strip(plain), plain);
  EXPECT_NE(plain.find("\xff\xd1"s), std::string::npos);
}

TEST(JpegFileTest, KeepsTheAdobeTransformOnly) {
  std::string file = test::encode_cmyk_jpeg(scene());
  const std::string long_adobe = test::jpeg_segment(0xee, "Adobe\0\x65\x80\x01\x02\x03\0LEAK"s);
  file.replace(file.find("\xff\xee"s), 16, long_adobe);

  const std::string stripped = strip(file);

  EXPECT_NE(stripped.find("\xff\xee\0\x0e"
                          "Adobe\0\x64\0\0\0\0\0"s),
            std::string::npos);
  EXPECT_EQ(stripped.find("LEAK"), std::string::npos);
}

TEST(JpegFileTest, WritesTheOrientationAfresh) {
  const std::string stripped =
      strip(test::encode_jpeg(scene(), test::all_extras()), Orientation::QuarterTurnRight);

  EXPECT_TRUE(is_clean(stripped, Orientation::QuarterTurnRight));
  EXPECT_FALSE(is_clean(stripped));
  EXPECT_EQ(JpegFile::parse(stripped, {})->carriers().exif,
            std::vector{orientation_block(Orientation::QuarterTurnRight)});
}

TEST(JpegFileTest, JoinsAndCutsLargeColourProfiles) {
  const std::string profile = test::icc_profile(150'000);
  std::string segments;
  for (int i = 2; i >= 0; --i) {  // In any order.
    segments +=
        test::jpeg_segment(0xe2, "ICC_PROFILE\0"s + static_cast<char>(i + 1) + '\x03' +
                                     profile.substr(static_cast<std::size_t>(i) * 60'000, 60'000));
  }

  const std::string stripped = strip(with_segment(test::encode_jpeg(scene()), segments));

  EXPECT_TRUE(is_clean(stripped));
  EXPECT_GT(stripped.size(), profile.size());
  EXPECT_EQ(strip(stripped), stripped);
}

TEST(JpegFileTest, DropsAColourProfileThatIsNone) {
  test::Extras extras;
  extras.icc = test::icc_profile() + "LEAK";
  const std::string incomplete =
      test::jpeg_segment(0xe2, "ICC_PROFILE\0\x01\x02"s + test::icc_profile());

  EXPECT_EQ(strip(test::encode_jpeg(scene(), extras)), test::encode_jpeg(scene()));
  EXPECT_EQ(strip(with_segment(test::encode_jpeg(scene()), incomplete)),
            test::encode_jpeg(scene()));
}

// In two pieces.
std::string extension(const std::string& digest, const std::string& packet) {
  const std::string header = "http://ns.adobe.com/xmp/extension/\0"s + digest + "\0\0"s +
                             static_cast<char>(packet.size() >> 8U) +
                             static_cast<char>(packet.size());
  return test::jpeg_segment(0xe1, header + "\0\0\0\0"s + packet.substr(0, 100)) +
         test::jpeg_segment(0xe1, header + "\0\0\0\x64"s + packet.substr(100));
}

std::string xmp_segment(const std::string& packet) {
  return test::jpeg_segment(0xe1, "http://ns.adobe.com/xap/1.0/\0"s + packet);
}

TEST(JpegFileTest, JoinsExtendedXmp) {
  const std::string packet = test::xmp_packet_at(22.2167, 113.55);
  const std::string file =
      with_segment(test::encode_jpeg(scene()), extension(std::string(32, 'A'), packet));

  EXPECT_EQ(JpegFile::parse(file, {})->carriers().xmp, std::vector{packet});
}

TEST(JpegFileTest, ReadsTheExtensionThatThePacketNames) {
  const std::string stale = test::xmp_packet_at(1, 2);
  const std::string present = test::xmp_packet_at(22.2167, 113.55);
  const std::string naming = "<x xmpNote:HasExtendedXMP=\"" + std::string(32, 'B') + "\"/>";
  const std::string extensions =
      extension(std::string(32, 'A'), stale) + extension(std::string(32, 'B'), present);
  const auto packets = [&](const std::string& packet) {
    return JpegFile::parse(
               with_segment(test::encode_jpeg(scene()), xmp_segment(packet) + extensions), {})
        ->carriers()
        .xmp;
  };

  EXPECT_EQ(packets(naming), (std::vector{naming, present}));
  EXPECT_EQ(packets("<x/>"), std::vector{"<x/>"s});
}

TEST(JpegFileTest, JoinsPhotoshopResources) {
  const std::string header("Photoshop 3.0\0", 14);
  const std::string file =
      with_segment(test::encode_jpeg(scene()), test::jpeg_segment(0xed, header + "8BIM\x04") +
                                                   test::jpeg_segment(0xed, header + "\x04rest") +
                                                   test::jpeg_segment(0xed, "another program's"));

  EXPECT_EQ(JpegFile::parse(file, {})->carriers().photoshop, std::vector{"8BIM\x04\x04rest"s});
}

TEST(JpegFileTest, ReadsTheFirstCarriersOnly) {
  std::string file = test::encode_jpeg(scene());
  for (int i = 9; i > 0; --i) {
    file = with_segment(file, test::jpeg_segment(0xe1, "Exif\0\0"s + std::to_string(i)));
  }

  const auto parsed = JpegFile::parse(file, {});

  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->carriers().exif, (std::vector<std::string>{"1", "2", "3", "4"}));
}

TEST(JpegFileTest, EndsATruncatedFile) {
  const std::string plain = test::encode_jpeg(scene());
  const std::string truncated = plain.substr(0, plain.size() - 40);

  EXPECT_EQ(strip(truncated), truncated + "\xff\xd9");
}

TEST(JpegFileTest, RefusesAFileWithoutAPicture) {
  EXPECT_EQ(rejection("\xff\xd8\xff\xd9"s), RejectReason::Malformed);
  EXPECT_EQ(rejection("\xff\xd8\xff"s), RejectReason::Malformed);
  const std::string plain = test::encode_jpeg(scene());
  EXPECT_EQ(rejection(plain.substr(0, plain.find("\xff\xda"s))), RejectReason::Malformed);
}

TEST(JpegFileTest, RefusesCodingsThatNobodyDecodes) {
  std::string lossless = test::encode_jpeg(scene());
  lossless[lossless.find("\xff\xc0"s) + 1] = '\xc3';

  EXPECT_EQ(rejection(lossless), RejectReason::UnsupportedVariant);
}

TEST(JpegFileTest, RefusesMorePixelsThanAllowed) {
  EXPECT_EQ(rejection(test::encode_jpeg(scene()), {.max_pixels = 64 * 48 - 1}),
            RejectReason::TooManyPixels);
}

TEST(JpegFileTest, RefusesALargeFrameWithoutData) {
  std::string bomb = test::encode_jpeg(scene());
  const std::size_t frame = bomb.find("\xff\xc0"s);
  bomb.replace(frame + 5, 4, "\x1f\x40\x1f\x40");  // 8000 x 8000

  EXPECT_EQ(rejection(bomb), RejectReason::Malformed);
}

// A progressive scan of one coefficient of the only component, and its data.
std::string scan_of(int coefficient, int high, int low) {
  return test::jpeg_segment(0xda, "\x01\x01\0"s + static_cast<char>(coefficient) +
                                      static_cast<char>(coefficient) +
                                      static_cast<char>(high << 4 | low)) +
         std::string(coefficient == 0 ? 100 : 1, '\x55');
}

TEST(JpegFileTest, RefusesMoreConditioningThanThereIsToSay) {
  const std::string plain = test::encode_jpeg(scene());
  const auto with = [&](std::size_t tables) {
    std::string content;
    for (std::size_t i = 0; i < tables; ++i) {
      content += "\0\x10"s;
    }
    return plain.substr(0, 2) + test::jpeg_segment(0xcc, content) + plain.substr(2);
  };

  EXPECT_TRUE(JpegFile::parse(with(8), {}));
  EXPECT_EQ(rejection(with(33)), RejectReason::Malformed);
}

// A gray progressive picture with these scans and the tables of an encoder's.
std::string progressive_of(const std::string& scans) {
  const std::string plain = test::encode_jpeg(scene(), {}, {.progressive = true, .gray = true});
  return plain.substr(0, plain.find("\xff\xda"s)) + scans + "\xff\xd9";
}

TEST(JpegFileTest, RefusesMoreScansThanEncodersMake) {
  std::string scans;
  for (int bit = 2; bit >= 0; --bit) {
    for (int coefficient = 0; coefficient < 64; ++coefficient) {
      scans += scan_of(coefficient, bit == 2 ? 0 : bit + 1, bit);
    }
  }

  EXPECT_EQ(rejection(progressive_of(scans)), RejectReason::Malformed);
}

TEST(JpegFileTest, RefusesManyScansOfALargePicture) {
  const auto with_scans = [](int count) {
    std::string scans = scan_of(0, 0, 0) + std::string(200'000, '\x55');
    for (int i = 1; i < count; ++i) {
      scans += scan_of(i, 0, 0);
    }
    std::string file = progressive_of(scans);
    return file.replace(file.find("\xff\xc2"s) + 5, 4, "\x1f\x40\x1f\x40");  // 8000 x 8000
  };

  EXPECT_FALSE(strip(with_scans(20)).empty());
  EXPECT_EQ(rejection(with_scans(40)), RejectReason::Malformed);
}

TEST(JpegFileTest, DropsAScanBehindAWholePicture) {
  for (const bool gray : {false, true}) {
    const std::string plain = test::encode_jpeg(scene(), {}, {.gray = gray});
    const std::size_t scan = plain.find("\xff\xda"s);
    std::string file = plain;
    file.insert(file.size() - 2, plain.substr(scan, 14) + "LEAK in a scan");

    EXPECT_EQ(strip(file), plain);
  }
}

TEST(JpegFileTest, DropsAScanThatRefinesNothing) {
  const std::string first = scan_of(0, 0, 1);
  const std::string second = scan_of(0, 1, 0);
  const std::string band = scan_of(5, 0, 0);
  const std::string plain = strip(progressive_of(first + second + band));
  ASSERT_FALSE(plain.empty());

  EXPECT_EQ(strip(progressive_of(first + first + second + band)), plain);
  EXPECT_EQ(strip(progressive_of(first + second + second + band)), plain);
  EXPECT_EQ(strip(progressive_of(first + second + band + band)), plain);
  EXPECT_EQ(strip(progressive_of(first + second + scan_of(5, 2, 1) + band)), plain);
}

TEST(JpegFileTest, RefusesAScanOfWhatTheFrameDoesNotHave) {
  const std::string plain = test::encode_jpeg(scene());
  std::string component = plain;
  component[plain.find("\xff\xda"s) + 5] = '\x77';

  std::string twice = plain;
  twice[plain.find("\xff\xda"s) + 7] = '\x01';

  EXPECT_EQ(rejection(component), RejectReason::Malformed);
  EXPECT_EQ(rejection(twice), RejectReason::Malformed);
  EXPECT_EQ(rejection(progressive_of(scan_of(64, 0, 0))), RejectReason::Malformed);
}

TEST(JpegFileTest, DropsTablesThatALaterOneReplaces) {
  const std::string plain = test::encode_jpeg(scene());
  const std::string hidden = std::string(16, '\x01') + "LEAKLEAKLEAKLEAK";
  const std::size_t scan = plain.find("\xff\xda"s);
  std::string before = plain;
  before.insert(plain.find("\xff\xc4"s), test::jpeg_segment(0xc4, '\0' + hidden));
  std::string unused = plain;
  unused.insert(scan, test::jpeg_segment(0xc4, '\x03' + hidden));

  EXPECT_EQ(strip(before), plain);
  EXPECT_EQ(strip(unused), plain);
}

TEST(JpegFileTest, RefusesMoreTablesThanEncodersMake) {
  for (const std::string& segment :
       {test::jpeg_segment(0xdb, ""), test::jpeg_segment(0xdd, "\0\1"s)}) {
    std::string segments;
    for (int i = 0; i < 2'000; ++i) {
      segments += segment;
    }

    EXPECT_EQ(rejection(with_segment(test::encode_jpeg(scene()), segments)),
              RejectReason::Malformed);
  }
}

TEST(JpegFileTest, KeepsTheUsedTablesOfASegment) {
  const std::string plain = test::encode_jpeg(scene());
  const std::size_t table = plain.find("\xff\xdb"s);
  const std::string content = plain.substr(table + 4, 65);
  std::string file = plain;
  file.replace(table, 4 + 65, test::jpeg_segment(0xdb, '\x03' + std::string(64, 'L') + content));

  EXPECT_EQ(strip(file), plain);
}

TEST(JpegFileTest, RefusesATableThatIsNoWholeOne) {
  for (const int marker : {0xc4, 0xdb, 0xdd, 0xcc}) {
    EXPECT_EQ(rejection(with_segment(test::encode_jpeg(scene()),
                                     test::jpeg_segment(static_cast<std::uint8_t>(marker), "LEA"))),
              RejectReason::Malformed);
  }
}

TEST(JpegFileTest, SurvivesEveryCut) {
  const std::string file = test::encode_jpeg(test::draw_scene(1, 16, 16), test::all_extras());

  for (std::size_t size = 3; size <= file.size(); ++size) {
    const std::string stripped = strip(file.substr(0, size));
    EXPECT_TRUE(stripped.empty() || is_clean(stripped)) << size;
  }
}

TEST(JpegVerifierTest, SeesEveryByteThatDoesNotBelong) {
  const std::string plain = test::encode_jpeg(scene());
  std::string between = plain;
  between.insert(plain.find("\xff\xdb"s), 1, 'x');

  EXPECT_TRUE(is_clean(plain));
  EXPECT_FALSE(is_clean(plain + "x"));
  EXPECT_FALSE(is_clean(between));
  EXPECT_FALSE(is_clean(plain.substr(0, plain.size() - 2)));
  for (int marker = 0xe0; marker <= 0xfe; ++marker) {
    EXPECT_FALSE(is_clean(
        with_segment(plain, test::jpeg_segment(static_cast<std::uint8_t>(marker), "LEAK"))))
        << marker;
  }
  EXPECT_FALSE(is_clean(test::encode_jpeg(scene(), test::all_extras())));
}

TEST(JpegVerifierTest, SeesScansThatCodeNothingNew) {
  const std::string plain = test::encode_jpeg(scene());
  const std::string again = plain.substr(plain.find("\xff\xda"s), 14) + "LEAK";
  const std::string band = scan_of(0, 0, 0) + scan_of(5, 0, 0);

  EXPECT_FALSE(is_clean(std::string(plain).insert(plain.size() - 2, again)));
  EXPECT_TRUE(is_clean(strip(progressive_of(band))));
  EXPECT_FALSE(is_clean(strip(progressive_of(band))
                            .insert(strip(progressive_of(band)).size() - 2, scan_of(5, 0, 0))));
}

TEST(JpegVerifierTest, SeesPiecesThatComeAgain) {
  const std::string plain = test::encode_jpeg(scene());
  const std::string jfif = plain.substr(2, 18);
  const std::size_t frame = plain.find("\xff\xc0"s);

  EXPECT_FALSE(is_clean(with_segment(plain, jfif)));
  EXPECT_FALSE(is_clean(std::string(plain).insert(frame, plain.substr(frame, 19))));
}

TEST(JpegVerifierTest, SeesTablesThatAreNoWholeOnes) {
  for (const int marker : {0xc4, 0xdb, 0xdd, 0xcc}) {
    EXPECT_FALSE(is_clean(with_segment(
        test::encode_jpeg(scene()), test::jpeg_segment(static_cast<std::uint8_t>(marker), "LEA"))));
  }
}

TEST(JpegVerifierTest, SeesPartsOfAProfileThatAreOutOfOrder) {
  const std::string plain = test::encode_jpeg(scene());
  const std::string profile = test::icc_profile();
  const auto part = [&](char number, char count, std::string_view content) {
    return test::jpeg_segment(0xe2, "ICC_PROFILE\0"s + number + count + std::string(content));
  };

  EXPECT_TRUE(is_clean(with_segment(plain, part(1, 1, profile))));
  EXPECT_FALSE(is_clean(with_segment(plain, part(7, 1, profile))));
  EXPECT_FALSE(is_clean(with_segment(plain, part(1, 2, profile))));
}

}  // namespace
}  // namespace sightingd
