#pragma once

#include "pipeline/image/examine.h"

#include <cstdint>

namespace sightingd {

/// The longest side of a JPEG; pictures of other kinds are held to it too.
inline constexpr std::uint32_t kLongestSide = 65'535;

/// Asked of every width and height in a file before anything is allocated for it.
inline bool too_many_pixels(std::uint64_t width, std::uint64_t height, const ImageLimits& limits) {
  return width > kLongestSide || height > kLongestSide || width * height > limits.max_pixels;
}

}  // namespace sightingd
