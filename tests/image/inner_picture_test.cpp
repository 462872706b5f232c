#include "pipeline/image/hash/inner_picture.h"

#include "pipeline/image/hash/fingerprints.h"
#include "tests/support/gray_pictures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace sightingd {
namespace {

using Colour = std::array<std::uint8_t, 3>;
constexpr Colour kWhite{255, 255, 255};
constexpr Colour kBlack{0, 0, 0};

// Pixels of border on each side.
struct Border {
  int left = 0;
  int top = 0;
  int right = 0;
  int bottom = 0;
};

test::Picture framed(const test::Picture& picture, const Border& border, const Colour& colour) {
  test::Picture out = test::draw_flat(border.left + picture.width + border.right,
                                      border.top + picture.height + border.bottom, colour);
  for (int y = 0; y < picture.height; ++y) {
    std::copy_n(picture.at(0, y), 3 * picture.width, out.at(border.left, border.top + y));
  }
  return out;
}

// Detail in every line, so that none is taken for a border.
test::Picture scene(int width = 640, int height = 480) {
  return test::with_noise(test::draw_scene(4, width, height), 4, 30);
}

std::optional<Likeness> likeness_to_scene(const test::Picture& copy) {
  const Fingerprints stored = fingerprints_of(test::reduced(scene()), Orientation::Upright);
  const Fingerprints asked = fingerprints_of(test::reduced(copy), Orientation::Upright);
  return likeness(asked.forms, {.whole = stored.whole.hash, .inner = {}}, kNearDistance);
}

TEST(InnerPictureTest, IsNoneWithoutABorder) {
  EXPECT_EQ(inner_picture(test::reduced(scene())), std::nullopt);
}

TEST(InnerPictureTest, IsNoneWhenHardlyAnythingIsInside) {
  EXPECT_EQ(inner_picture(test::reduced(test::draw_flat(640, 480))), std::nullopt);
  EXPECT_EQ(inner_picture(test::reduced(framed(scene(40, 40), {200, 200, 200, 200}, kWhite))),
            std::nullopt);
}

TEST(InnerPictureTest, IsNoneOfPicturesOfOneLine) {
  for (const auto& [width, height] : {std::pair(300, 1), std::pair(1, 300), std::pair(5000, 10)}) {
    EXPECT_EQ(inner_picture(test::reduced(test::draw_flat(width, height))), std::nullopt);
    EXPECT_EQ(inner_picture(test::reduced(scene(width, height))), std::nullopt);
  }
}

TEST(InnerPictureTest, IsAsLargeUnderABarAsAboveOne) {
  for (const int bar : {20, 100, 300, 390}) {
    const auto under = inner_picture(test::reduced(framed(scene(), {0, bar, 0, 0}, kBlack)));
    const auto above = inner_picture(test::reduced(framed(scene(), {0, 0, 0, bar}, kBlack)));

    ASSERT_TRUE(under && above) << bar;
    EXPECT_NEAR(under->y.length, above->y.length, 2) << bar;
  }
}

TEST(InnerPictureTest, LeavesOutNearlyAllOfTheBorderAndLittleOfThePicture) {
  const auto inner = inner_picture(test::reduced(framed(scene(), {64, 48, 32, 0}, kBlack)));

  ASSERT_TRUE(inner);
  // The 736 x 528 pixels are 368 x 264 cells.
  EXPECT_EQ(inner->x.length, 320 - 2);
  EXPECT_EQ(inner->y.length, 240 - 1);
  EXPECT_EQ(inner->luma.size(), inner->x.cells * inner->y.cells);
}

TEST(InnerPictureTest, IsThePictureInsideBordersOfAnyKind) {
  const struct {
    Border border;
    Colour colour;
  } kinds[] = {{{32, 32, 32, 32}, kWhite},  {{32, 32, 32, 32}, kBlack},
               {{0, 60, 0, 60}, kBlack},    {{100, 0, 100, 0}, {40, 90, 200}},
               {{20, 10, 60, 120}, kWhite}, {{0, 0, 0, 90}, kBlack}};
  for (const auto& kind : kinds) {
    const auto found = likeness_to_scene(framed(scene(), kind.border, kind.colour));

    ASSERT_TRUE(found);
    EXPECT_EQ(found->via, (Transformation{.framed = true}));
    EXPECT_LE(found->distance, 12);
  }
}

TEST(InnerPictureTest, KeepsASkyOfOneColourThatABarTouches) {
  const test::Picture sky = framed(scene(), {0, 80, 0, 0}, {90, 140, 200});

  const auto inner = inner_picture(test::reduced(framed(sky, {0, 80, 0, 80}, kBlack)));

  ASSERT_TRUE(inner);
  EXPECT_EQ(inner->y.length, 280 - 2);
}

TEST(InnerPictureTest, IsNoneWhenASkyGoesOverIntoThePicture) {
  test::Picture picture = scene();
  for (int y = 0; y < 200; ++y) {
    std::fill_n(picture.at(0, y), 3 * picture.width, static_cast<std::uint8_t>(200 - y / 2));
  }
  EXPECT_EQ(inner_picture(test::reduced(picture)), std::nullopt);
}

TEST(InnerPictureTest, IsFoundThroughOneBorderInAnother) {
  const test::Picture twice =
      framed(framed(scene(), {30, 30, 30, 30}, kWhite), {0, 80, 0, 80}, kBlack);

  EXPECT_EQ(likeness_to_scene(twice).value().via, (Transformation{.framed = true}));
}

TEST(InnerPictureTest, IsFoundWhenTheFramedPictureIsTurned) {
  const test::Picture turned =
      test::stored_for_orientation(framed(scene(), {0, 80, 0, 80}, kBlack), 8);

  const auto found = likeness_to_scene(turned);

  ASSERT_TRUE(found);
  EXPECT_EQ(found->via, (Transformation{.framed = true, .turn = Turn::Rotated90}));
}

}  // namespace
}  // namespace sightingd
