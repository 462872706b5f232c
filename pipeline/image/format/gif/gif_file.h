#pragma once

#include "pipeline/image/examine.h"
#include "pipeline/image/metadata/carriers.h"
#include "pipeline/image/metadata/orientation.h"
#include "pipeline/image/or_reject.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// A GIF file (CompuServe GIF89a) taken apart: the blocks its picture needs, and what else is
/// worth reading. The bytes given to parse() must outlive it.
class GifFile {
 public:
  /// A file that is cut after a whole frame is taken up to there; a later frame whose rows do
  /// not fill it is left out.
  /// Fails with Malformed without a whole first frame, with TooManyPixels and TooManyFrames.
  static OrReject<GifFile> parse(std::string_view bytes, const ImageLimits& limits);

  std::uint32_t width() const { return width_; }
  std::uint32_t height() const { return height_; }
  const Carriers& carriers() const { return carriers_; }

  /// A file with the same compressed frames, bit for bit, their timing and loop, and nothing
  /// else. GIF knows no orientation: it must be Upright.
  std::string stripped(Orientation orientation) const;

 private:
  friend class GifWalk;
  GifFile() = default;

  struct Frame {
    std::string_view control;  // Its graphic control extension, if there was one.
    std::string_view head;     // Descriptor, colours, the smallest code's size.
    std::string_view chain;    // Sub-blocks of compressed rows, as they stand in the file;
    std::string cut_chain;     // or cut where the rows end.
  };

  std::uint32_t width_ = 0;
  std::uint32_t height_ = 0;
  std::string_view header_;  // Signature, screen and global colours.
  std::optional<std::uint16_t> loops_;
  std::vector<Frame> frames_;
  Carriers carriers_;
};

}  // namespace sightingd
