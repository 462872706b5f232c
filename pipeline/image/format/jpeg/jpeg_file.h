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

/// A JPEG file (ITU-T T.81, T.871) taken apart: the pieces its picture needs, and what else
/// is worth reading. The bytes given to parse() must outlive it.
class JpegFile {
 public:
  /// Walks the first picture of the file; a truncated one is taken as far as it goes.
  /// Fails with UnsupportedVariant for coding processes that no decoder here knows.
  static OrReject<JpegFile> parse(std::string_view bytes, const ImageLimits& limits);

  std::uint32_t width() const { return width_; }
  std::uint32_t height() const { return height_; }
  const Carriers& carriers() const { return carriers_; }

  /// A file with the same coded picture, bit for bit, its colour profile and `orientation`,
  /// and nothing else.
  std::string stripped(Orientation orientation) const;

 private:
  friend class JpegWalk;
  JpegFile() = default;

  // As it stands in the file, or a segment that is put together of the parts that stay.
  struct Piece {
    std::string_view whole = {};
    std::uint8_t marker = 0;
    std::vector<std::string_view> parts = {};
  };

  std::uint32_t width_ = 0;
  std::uint32_t height_ = 0;
  bool has_jfif_ = false;
  std::optional<std::uint8_t> adobe_transform_;
  std::string icc_;
  std::vector<Piece> coded_;  // Tables, frame and scans, in the order of the file.
  Carriers carriers_;
};

}  // namespace sightingd
