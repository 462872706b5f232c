#pragma once

#include "pipeline/image/format/tiff/tiff_page.h"
#include "pipeline/image/or_reject.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sightingd {

/// The picture of a page as it is stored: strips of some 256 KiB, each a zlib stream of its own
/// (TIFF Technical Note 2, "Deflate"), samples of 16 bits little-endian, all samples of a pixel
/// side by side, unused bits at the end of a row zero.
struct PackedTiff {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  TiffSamples samples;  ///< JPEG's YCbCr is RGB here.
  std::uint32_t rows_per_strip = 0;
  std::vector<std::uint32_t> strip_sizes = {};
  std::string strips = {};  ///< One behind the other.
};

/// Decodes all of a page's blocks, row by row, and packs them anew. What stands in a block behind
/// its rows, between its codes or beyond the sides of the picture is not there any more.
///
/// `numbers` is the byte order of the file. Fails with Malformed when a row is not there, with
/// UnsupportedVariant when more than `most` bytes come out.
OrReject<PackedTiff> pack_rows(const TiffPage& page, TiffNumbers numbers, std::uint64_t most);

}  // namespace sightingd
