#include "pipeline/image/pixels/decode.h"
#include "tests/support/pictures.h"
#include "tests/support/plain_readers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sightingd {
namespace {

TEST(DecodeJpegTest, HalvesAPictureByMeansOfItsSamples) {
  constexpr std::size_t kWidth = 643;
  constexpr std::size_t kHeight = 481;
  const std::string file =
      test::encode_jpeg(test::draw_scene(1, kWidth, kHeight), {}, {.gray = true});
  const std::string samples = test::libjpeg_samples(file);
  ASSERT_EQ(samples.size(), kWidth * kHeight);

  const auto picture = decode_jpeg(file, kWidth, kHeight);

  ASSERT_TRUE(picture);
  ASSERT_EQ(picture->x.cells, 322U);
  ASSERT_EQ(picture->y.cells, 241U);
  for (std::size_t y = 0; y < picture->y.cells; ++y) {
    for (std::size_t x = 0; x < picture->x.cells; ++x) {
      float sum = 0;
      float count = 0;
      for (std::size_t row = 2 * y; row < std::min(2 * y + 2, kHeight); ++row) {
        for (std::size_t column = 2 * x; column < std::min(2 * x + 2, kWidth); ++column) {
          sum += static_cast<float>(static_cast<std::uint8_t>(samples[row * kWidth + column]));
          ++count;
        }
      }
      ASSERT_EQ(picture->luma[y * picture->x.cells + x], sum / count) << x << ", " << y;
    }
  }
}

// libjpeg does not go beyond an eighth.
TEST(DecodeJpegTest, HalvesAVeryLongPictureAsOftenAsNeeded) {
  const std::string file = test::encode_jpeg(test::draw_flat(20'500, 24, {100, 100, 100}));

  const auto picture = decode_jpeg(file, 20'500, 24);  // Whose steps come to 99.875.

  ASSERT_TRUE(picture);
  EXPECT_EQ(picture->x.cells, 321U);
  EXPECT_EQ(picture->y.cells, 1U);
  EXPECT_THAT(picture->luma, testing::Each(testing::FloatNear(99.875F, 1e-4F)));
}

}  // namespace
}  // namespace sightingd
