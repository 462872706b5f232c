#pragma once

#include <cstdint>
#include <string>

namespace sightingd {

/// How the stored pixels must be turned to stand upright: EXIF 2.32, tag 0x0112.
enum class Orientation : std::uint8_t {
  Upright = 1,
  MirroredLeftRight = 2,
  HalfTurn = 3,
  MirroredTopBottom = 4,
  Transposed = 5,        ///< Mirrored along the main diagonal.
  QuarterTurnRight = 6,  ///< To be turned clockwise.
  MirroredDiagonal = 7,  ///< Mirrored along the other diagonal.
  QuarterTurnLeft = 8,   ///< To be turned counter-clockwise.
};

/// Whether width and height change places.
inline bool swaps_sides(Orientation orientation) { return orientation >= Orientation::Transposed; }

/// The smallest EXIF block (TIFF 6.0) that says only this: one entry, 26 bytes.
std::string orientation_block(Orientation orientation);

}  // namespace sightingd
