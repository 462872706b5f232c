#pragma once

#include "pipeline/image/examine.h"
#include "pipeline/image/metadata/carriers.h"
#include "pipeline/image/metadata/orientation.h"
#include "pipeline/image/or_reject.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// A PNG file (W3C PNG, third edition, with animation) taken apart: the chunks its picture
/// needs, and what else is worth reading. The bytes given to parse() must outlive it.
class PngFile {
 public:
  /// Fails with Malformed when the picture's data is not whole or says more than the header,
  /// with TooManyPixels and TooManyFrames.
  static OrReject<PngFile> parse(std::string_view bytes, const ImageLimits& limits);

  std::uint32_t width() const { return width_; }
  std::uint32_t height() const { return height_; }
  const Carriers& carriers() const { return carriers_; }

  /// A file with the same compressed picture, bit for bit, its colours and `orientation`,
  /// and nothing else.
  std::string stripped(Orientation orientation) const;

 private:
  friend class PngWalk;
  PngFile() = default;

  struct Chunk {
    std::string_view type;
    std::string_view content;
  };

  std::uint32_t width_ = 0;
  std::uint32_t height_ = 0;
  std::string packed_icc_;   // The colour profile, compressed.
  std::vector<Chunk> kept_;  // In the order of the file, without IHDR and IEND.
  std::string_view header_;
  Carriers carriers_;
};

}  // namespace sightingd
