#include "pipeline/image/examine.h"

#include "tests/image/examined.h"
#include "tests/support/pictures.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

using test::hash_of_scene;
using test::scene;
using test::stored;

using test::Picture;

// Both codings.
class ExamineHeifTest : public testing::TestWithParam<bool> {
 protected:
  static std::string encode(const Picture& picture, const test::Extras& extras = {},
                            test::HeifOptions options = {}) {
    options.av1 = GetParam();
    return test::encode_heif(picture, extras, options);
  }
};

INSTANTIATE_TEST_SUITE_P(Of, ExamineHeifTest, testing::Bool(),
                         [](const auto& coding) { return coding.param ? "Av1" : "Hevc"; });

TEST_P(ExamineHeifTest, SaysWhatIsKnownOfAPhoto) {
  const test::Extras extras{
      .exif = test::exif_block(test::CameraExif{.orientation = 6,
                                                .latitude = -33.8568,
                                                .longitude = 151.2153,
                                                .taken = "2026:01:31 18:22:10"}),
      .c2pa = true};

  const ExaminedImage image = stored(encode(scene(), extras));

  ASSERT_TRUE(image.photo.location);
  EXPECT_NEAR(image.photo.location->latitude, -33.8568, 1e-6);
  EXPECT_EQ(image.photo.captured_at, "2026-01-31T18:22:10");
  EXPECT_EQ(image.photo.provenance, "c2pa");
  EXPECT_EQ(image.photo.kind, GetParam() ? ImageKind::Avif : ImageKind::Heic);
  EXPECT_EQ(image.photo.width, 320U) << "what EXIF says of its turn does not count";
  EXPECT_EQ(image.photo.height, 240U);
  EXPECT_LE(distance(image.photo.pdq.hash, hash_of_scene()), 6);
  EXPECT_EQ(stored(image.stripped).stripped, image.stripped);
}

TEST_P(ExamineHeifTest, FindsTheLocationInXmp) {
  const auto location =
      stored(encode(scene(), {.xmp = test::xmp_packet_at(1.5, 2.5)})).photo.location;

  ASSERT_TRUE(location);
  EXPECT_EQ(location->origin, LocationOrigin::Xmp);
}

TEST_P(ExamineHeifTest, StandsEveryOrientationUpright) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Photo photo = stored(encode(test::stored_for_orientation(scene(), orientation), {},
                                      {.orientation = orientation}))
                            .photo;

    EXPECT_EQ(photo.width, 320U) << orientation;
    EXPECT_EQ(photo.height, 240U);
    EXPECT_LE(distance(photo.pdq.hash, hash_of_scene()), 6) << orientation;
  }
}

TEST_P(ExamineHeifTest, PutsTransparencyOverWhite) {
  const Picture black = test::draw_flat(320, 240, {0, 0, 0});
  std::vector<std::uint8_t> alpha;
  Picture expected = test::draw_flat(320, 240);
  for (std::size_t i = 0; i < 320 * 240; ++i) {
    alpha.push_back(static_cast<std::uint8_t>(255 - scene().rgb[3 * i + 1]));
    std::fill_n(&expected.rgb[3 * i], 3, scene().rgb[3 * i + 1]);
  }

  const Photo photo = stored(encode(black, {}, {.alpha = alpha})).photo;

  EXPECT_LE(distance(photo.pdq.hash, stored(test::encode_png(expected)).photo.pdq.hash), 8);
}

TEST_P(ExamineHeifTest, TakesTinyPictures) {
  for (const auto& [width, height] : {std::pair(1, 1), std::pair(64, 4), std::pair(5, 5)}) {
    const Photo photo = stored(encode(test::draw_scene(1, width, height))).photo;

    EXPECT_EQ(photo.width, static_cast<std::uint32_t>(width));
    EXPECT_EQ(photo.height, static_cast<std::uint32_t>(height));
  }
}

TEST_P(ExamineHeifTest, RefusesMorePixelsThanAreAllowed) {
  const Examination examined = examine(encode(scene()), {.max_pixels = 320 * 240 - 1});

  EXPECT_EQ(std::get<RejectReason>(examined), RejectReason::TooManyPixels);
}

}  // namespace
}  // namespace sightingd
