#pragma once

#include "pipeline/image/examine.h"
#include "pipeline/image/format/tiff/tiff_rows.h"
#include "pipeline/image/metadata/carriers.h"
#include "pipeline/image/metadata/orientation.h"
#include "pipeline/image/or_reject.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// A TIFF file (TIFF 6.0) taken apart: its pictures, packed anew, and what else is worth reading.
class TiffFile {
 public:
  /// Smaller copies, masks and pages behind the first that cannot be read are left out.
  /// Fails with Malformed without a whole first page, with UnsupportedVariant for BigTIFF, for
  /// cameras' raw files and for what read_tiff_page() says, with TooManyPixels when its pages
  /// together have more than are allowed, and with TooManyFrames.
  static OrReject<TiffFile> parse(std::string_view bytes, const ImageLimits& limits);

  std::uint32_t width() const { return pages_[0].picture.width; }
  std::uint32_t height() const { return pages_[0].picture.height; }
  const Carriers& carriers() const { return carriers_; }

  /// A file with the same pixels, bit for bit, colour profiles and orientations, of which
  /// `orientation` is that of the first page, and nothing else.
  std::string stripped(Orientation orientation) const;

 private:
  friend class TiffWalk;
  TiffFile() = default;

  struct Page {
    PackedTiff picture;
    std::string colour_map;
    std::string icc;
    Orientation orientation = Orientation::Upright;
  };

  static void append(std::string& file, const Page& page, Orientation orientation, bool is_last);

  std::vector<Page> pages_;
  Carriers carriers_;
};

}  // namespace sightingd
