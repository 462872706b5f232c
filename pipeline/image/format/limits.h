#pragma once

#include "pipeline/image/examine.h"

#include <cstdint>
#include <optional>

namespace sightingd {

/// The longest side of a JPEG; pictures of other kinds are held to it too.
inline constexpr std::uint32_t kLongestSide = 65'535;

/// Why a picture of these sides is not examined; asked of every width and height in a file before
/// anything is allocated for it. A side that no limit of pixels can make acceptable is of a kind
/// that is not handled: asking again with a higher limit would not help.
inline std::optional<RejectReason> oversized(std::uint64_t width, std::uint64_t height,
                                             const ImageLimits& limits) {
  if (width > kLongestSide || height > kLongestSide) {
    return RejectReason::UnsupportedVariant;
  }
  return width * height > limits.max_pixels ? std::optional(RejectReason::TooManyPixels)
                                            : std::nullopt;
}

}  // namespace sightingd
