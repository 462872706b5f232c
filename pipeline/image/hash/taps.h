#pragma once

#include "pipeline/image/hash/gray_picture.h"

#include <array>
#include <vector>

namespace sightingd {

/// PDQ works on this many samples along each axis.
inline constexpr std::size_t kPdqSamples = 64;

/// How one sample is averaged from consecutive cells of an axis.
struct Taps {
  std::size_t first = 0;
  std::vector<float> weights;  ///< Their sum is 1.
};

using AxisTaps = std::array<Taps, kPdqSamples>;

/// The reference's two box filters of ceil(n / 128) cells in a row, sampled at 64 places.
AxisTaps reference_taps(std::size_t cells);

/// The reference's filter for 512 samples laid over the axis, whatever its number of cells:
/// each of the 512 shares its weight among the cells it overlaps. `mirrored`: the axis is
/// read from its other end.
AxisTaps fixed_width_taps(const Axis& axis, bool mirrored);

}  // namespace sightingd
