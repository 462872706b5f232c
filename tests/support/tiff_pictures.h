#pragma once

#include "tests/support/metadata_blocks.h"
#include "tests/support/pictures.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// TIFF files in every shape, well-formed or not.
namespace sightingd::test {

/// Numbers as TIFF 6.0 has them.
struct TiffOptions {
  ByteOrder order = ByteOrder::Little;
  int compression = 1;
  int photometric = 2;  ///< 0 and 1 are gray, 3 a palette, 5 inks, 6 YCbCr, 8 CIE L*a*b*.
  int bits = 8;
  int rows_per_strip = 0;  ///< 0: one strip.
  int tile = 0;            ///< Sides of a tile; 0: strips.
  bool planar = false;
  int predictor = 1;
  int subsampling = 2;  ///< Of JPEG's chroma, both ways.
  int fill_order = 1;
  std::vector<std::uint8_t> alpha = {};  ///< One a pixel; empty: none.
  int extra = 2;                         ///< What alpha is called: 1 for colours that it is in.
};

/// How a page says how long its blocks are.
enum class BlockSizes { Said, TooLong, Zero, Missing };

/// A page as it will stand in a file: its entries, but for those that say where its blocks lie.
struct TiffPageParts {
  std::vector<ExifEntry> entries = {};
  std::vector<std::string> blocks = {};
  std::vector<ExifEntry> gps = {};  ///< A directory of its own, behind the blocks.
  bool is_tiled = false;
  BlockSizes sizes = BlockSizes::Said;

  /// Adds an entry, or puts it in the place of the one with its tag.
  void set(const ExifEntry& entry);
  void remove(std::uint16_t tag);
};

/// Encodes with libtiff, each block for itself.
TiffPageParts tiff_page(const Picture& picture, const TiffOptions& options = {});

/// Adds what a picture may carry. EXIF goes into the file: tiff_file() takes it.
void add_extras(TiffPageParts& page, const Extras& extras);

/// A file of these pages: the blocks of each, and behind them its directory. `exif` is a block of
/// the same byte order, whose own entries the first page has too.
std::string tiff_file(const std::vector<TiffPageParts>& pages, ByteOrder order = ByteOrder::Little,
                      std::string_view exif = {});

/// All of that; the byte order is that of the EXIF block, if there is one.
std::string encode_tiff(const Picture& picture, const Extras& extras = {},
                        TiffOptions options = {});

/// What libtiff makes of a page, as it stands in the file: 8 bits of red, green, blue and alpha a
/// pixel. Empty when it makes nothing of it, or more than 16 million of them.
std::vector<std::uint32_t> libtiff_pixels(std::string_view file, std::uint16_t page = 0);

/// How many directories libtiff finds: pages, smaller copies and masks.
std::uint16_t libtiff_directories(std::string_view file);

}  // namespace sightingd::test
