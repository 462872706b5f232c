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

/// A WebP file (RFC 9649) taken apart: the chunks its picture needs, and what else is worth
/// reading. The bytes given to parse() must outlive it.
class WebpFile {
 public:
  /// Fails with Malformed without a picture and where libwebp would find another frame behind one,
  /// with TooManyPixels and TooManyFrames.
  static OrReject<WebpFile> parse(std::string_view bytes, const ImageLimits& limits);

  std::uint32_t width() const { return width_; }
  std::uint32_t height() const { return height_; }
  const Carriers& carriers() const { return carriers_; }

  /// A file with the same compressed picture, bit for bit, its colour profile, animation and
  /// `orientation`, and nothing else.
  std::string stripped(Orientation orientation) const;

 private:
  friend class WebpWalk;
  WebpFile() = default;

  struct Chunk {
    std::string_view type;
    std::string content;
  };

  std::uint32_t width_ = 0;
  std::uint32_t height_ = 0;
  bool is_extended_ = false;
  bool has_alpha_ = false;
  bool is_animated_ = false;
  std::string icc_;
  std::vector<Chunk> picture_;
  Carriers carriers_;
};

}  // namespace sightingd
