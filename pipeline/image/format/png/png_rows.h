#pragma once

#include <cstdint>

namespace sightingd {

/// How the pixels of a PNG file become rows (PNG, third edition, 11.2.1).
struct PngPixels {
  std::uint8_t depth = 0;
  std::uint8_t colour_type = 0;
  bool is_interlaced = false;
};

/// What the compressed rows of such a picture say when inflated, filter bytes included (sections
/// 7 and 8).
std::uint64_t png_raw_size(std::uint64_t width, std::uint64_t height, const PngPixels& pixels);

}  // namespace sightingd
