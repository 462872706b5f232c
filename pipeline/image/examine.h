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
/// PDQ of the upright picture. A RejectReason for an image that cannot be used. The digests and
/// the id of the photo are left empty: they name it, and so they are taken outside the sandbox
/// (`certify` in examiner/protocol.h).
///
/// Pure, deterministic on every machine; allocates in proportion to the picture's pixels.
/// Call it in the sandboxed process only: it parses hostile bytes with C libraries.
Examination examine(std::string_view bytes, const ImageLimits& limits);

}  // namespace sightingd
