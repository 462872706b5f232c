#pragma once

#include "pipeline/image/hash/gray_picture.h"

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace sightingd {

/// PDQ works on this many samples along each axis.
inline constexpr std::size_t kPdqSamples = 64;

/// How one sample is averaged from consecutive cells of an axis.
struct Taps {
  std::size_t first = 0;
  std::span<const float> weights;  ///< At least one. Their sum is 1.
};

/// Those of all samples of an axis.
class AxisTaps {
 public:
  /// Of the samples from the first on. In double precision; rounded here, once.
  void add(std::size_t first, std::span<const double> weights);

  /// Valid as long as this is.
  Taps operator[](std::size_t sample) const {
    const std::size_t begin = sample == 0 ? 0 : ends_[sample - 1];
    return {firsts_[sample], std::span(weights_).subspan(begin, ends_[sample] - begin)};
  }

 private:
  std::size_t size_ = 0;
  std::array<std::size_t, kPdqSamples> firsts_{};
  std::array<std::size_t, kPdqSamples> ends_{};  // In `weights_`.
  std::vector<float> weights_;
};

/// The reference's two box filters of ceil(n / 128) cells in a row, sampled at 64 places.
AxisTaps reference_taps(std::size_t cells);

/// The reference's filter for 512 samples laid over the axis, whatever its number of cells:
/// each of the 512 shares its weight among the cells it overlaps. `mirrored`: the axis is
/// read from its other end.
AxisTaps fixed_width_taps(const Axis& axis, bool mirrored);

}  // namespace sightingd
