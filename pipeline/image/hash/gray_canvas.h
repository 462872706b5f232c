#pragma once

#include "pipeline/image/hash/gray_picture.h"

#include <cstdint>
#include <vector>

namespace sightingd {

/// A white canvas that is painted pixel by pixel, in any order, and keeps only what hashing
/// needs: its memory does not grow with the picture. Whole numbers inside, so that the order
/// of painting does not matter to a bit.
class GrayCanvas {
 public:
  /// Sides from 1 to 65,535.
  GrayCanvas(std::uint32_t width, std::uint32_t height)
      : halved_(halvings(width, height)),
        x_(reduced_axis(width, halved_)),
        y_(reduced_axis(height, halved_)),
        width_(width),
        height_(height),
        darkness_(x_.cells * y_.cells) {}

  /// Paints a pixel inside the canvas, each at most once. `alpha` 0 leaves it white.
  void paint(std::uint32_t x, std::uint32_t y, std::uint32_t red, std::uint32_t green,
             std::uint32_t blue, std::uint32_t alpha = 255) {
    const std::uint32_t dark = kWhite - (299 * red + 587 * green + 114 * blue);
    darkness_[(y >> halved_) * x_.cells + (x >> halved_)] +=
        alpha == 255 ? dark : dark * alpha / 255;
  }

  GrayPicture finish() const;

 private:
  // Thousandths of luma. A cell holds at most 2^7 x 2^7 of them: 4.18e9 fits 32 bits.
  static constexpr std::uint32_t kWhite = 255'000;

  unsigned halved_;
  Axis x_;
  Axis y_;
  std::uint32_t width_;
  std::uint32_t height_;
  std::vector<std::uint32_t> darkness_;
};

}  // namespace sightingd
