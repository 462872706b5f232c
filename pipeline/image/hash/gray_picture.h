#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sightingd {

/// One axis of a picture cut into cells of equal size; the last one may be cut short.
struct Axis {
  std::size_t cells = 0;
  /// In cells: at most `cells`, more than `cells` - 1.
  double length = 0;

  /// An axis of `samples` whole samples.
  static Axis whole(std::size_t samples) { return {samples, static_cast<double>(samples)}; }
};

/// The luma of a picture, 0 to 255 (ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B), row by row.
/// One value a cell: the mean of what the cell covers.
struct GrayPicture {
  Axis x;
  Axis y;
  std::vector<float> luma;
};

/// Hashing needs no more than this many cells along the long side (PDQ samples 64 x 64 of
/// them): a picture may be reduced by halves as long as it keeps them.
inline constexpr std::uint32_t kEnoughCells = 320;

/// How often a picture may be halved before it is hashed.
inline unsigned halvings(std::uint32_t width, std::uint32_t height) {
  const std::uint32_t side = width > height ? width : height;
  unsigned count = 0;
  while (side >> (count + 1) >= kEnoughCells) {
    ++count;
  }
  return count;
}

/// An axis of `samples` samples whose cells are 2^halvings of them.
inline Axis reduced_axis(std::uint32_t samples, unsigned halved) {
  const std::uint32_t cell = 1U << halved;
  return {(static_cast<std::size_t>(samples) + cell - 1) / cell,
          static_cast<double>(samples) / cell};
}

}  // namespace sightingd
