#pragma once

#include "pipeline/photo.h"

#include <cstdint>
#include <string_view>

namespace sightingd {

/// The most that examining one picture may cost.
struct ImageLimits {
  std::uint64_t max_pixels = 80'000'000;
  std::uint32_t max_frames = 1'000;
};

/// The whole image stage: kind by magic number, location and capture time, stripped bytes,
/// digests, PDQ of the upright picture. A RejectReason for an image that cannot be used.
///
/// Pure, deterministic on every machine; allocates in proportion to the picture's pixels.
/// Call it in the sandboxed process only: it parses hostile bytes with C libraries.
Examination examine(std::string_view bytes, const ImageLimits& limits);

}  // namespace sightingd
