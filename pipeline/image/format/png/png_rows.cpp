#include "pipeline/image/format/png/png_rows.h"

#include <array>

namespace sightingd {
namespace {

std::uint64_t bits_per_pixel(std::uint8_t colour_type, std::uint8_t depth) {
  switch (colour_type) {
    case 2:
      return std::uint64_t{3} * depth;
    case 4:
      return std::uint64_t{2} * depth;
    case 6:
      return std::uint64_t{4} * depth;
    default:
      return depth;
  }
}

}  // namespace

std::uint64_t png_raw_size(std::uint64_t width, std::uint64_t height, const PngPixels& pixels) {
  const std::uint64_t bits = bits_per_pixel(pixels.colour_type, pixels.depth);
  const auto pass_size = [bits](std::uint64_t columns, std::uint64_t rows) {
    return columns == 0 ? 0 : rows * (1 + (columns * bits + 7) / 8);
  };
  if (!pixels.is_interlaced) {
    return pass_size(width, height);
  }
  struct Pass {
    std::uint64_t x, y, step_x, step_y;
  };
  constexpr std::array<Pass, 7> kAdam7{{{0, 0, 8, 8},
                                        {4, 0, 8, 8},
                                        {0, 4, 4, 8},
                                        {2, 0, 4, 4},
                                        {0, 2, 2, 4},
                                        {1, 0, 2, 2},
                                        {0, 1, 1, 2}}};
  std::uint64_t size = 0;
  for (const Pass& pass : kAdam7) {
    const auto count = [](std::uint64_t side, std::uint64_t first, std::uint64_t step) {
      return side > first ? (side - first + step - 1) / step : 0;
    };
    size += pass_size(count(width, pass.x, pass.step_x), count(height, pass.y, pass.step_y));
  }
  return size;
}

}  // namespace sightingd
