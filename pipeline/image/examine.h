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

/// Stripped bytes may exceed the received ones by this: a rewritten orientation or header.
inline constexpr std::uint64_t kStrippedSlack = 64ULL << 10U;
/// And those of TIFF by this: its pictures are packed anew.
inline constexpr std::uint64_t kTiffSlack = 4ULL << 20U;

/// By the first four bytes.
inline bool begins_as_tiff(std::string_view bytes) {
  using std::string_view_literals::operator""sv;
  return bytes.starts_with("II*\0"sv) || bytes.starts_with("MM\0*"sv);
}

/// The most bytes that can come of `bytes`.
inline std::uint64_t most_stripped(std::string_view bytes) {
  return bytes.size() + (begins_as_tiff(bytes) ? kTiffSlack : kStrippedSlack);
}

/// The whole image stage: kind by magic number, location and capture time, stripped bytes,
/// PDQ of the upright picture. A RejectReason for an image that cannot be used. The digests and
/// the id of the photo are left empty: they name it, and so they are taken outside the sandbox
/// (`certify` in examiner/protocol.h).
///
/// Pure, deterministic on every machine; allocates in proportion to the picture's pixels.
/// Call it in the sandboxed process only: it parses hostile bytes with C libraries.
Examination examine(std::string_view bytes, const ImageLimits& limits);

}  // namespace sightingd
