#pragma once

#include "pipeline/image/examine.h"
#include "pipeline/image/format/tiff/tiff_directory.h"
#include "pipeline/image/format/tiff/tiff_parts.h"
#include "pipeline/image/metadata/orientation.h"
#include "pipeline/image/or_reject.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// What the samples of a picture mean (TIFF 6.0, PhotometricInterpretation).
enum class TiffColours : std::uint32_t {
  WhiteIsZero = 0,
  BlackIsZero = 1,
  Rgb = 2,
  Palette = 3,
  Cmyk = 5,
  Ycbcr = 6,
  CieLab = 8,
  IccLab = 9,
};

/// How the samples of a picture lie in a row, each after the other.
struct TiffSamples {
  TiffColours colours = TiffColours::BlackIsZero;
  std::uint32_t bits = 1;
  std::uint32_t count = 1;                ///< Of one pixel, `extra` included.
  std::vector<std::uint16_t> extra = {};  ///< 1 and 2 are alpha (ExtraSamples).
  std::uint32_t predictor = 1;            ///< 2: rows hold differences.

  std::size_t row_bytes(std::uint32_t width) const {
    return (std::size_t{width} * count * bits + 7) / 8;
  }
};

/// How the blocks of a picture are coded.
enum class TiffCompression : std::uint32_t {
  None = 1,
  Huffman = 2,  ///< CCITT, without ends of lines.
  Group3 = 3,
  Group4 = 4,
  Lzw = 5,
  Jpeg = 7,
  Deflate = 8,
  PackBits = 32773,
  OldDeflate = 32946,
};

struct TiffCoding {
  TiffCompression compression = TiffCompression::None;
  std::uint32_t fill_order = 1;
  std::uint32_t t4_options = 0;
  std::uint32_t t6_options = 0;
  std::string_view jpeg_tables = {};
  std::uint16_t subsampling_x = 0;  ///< Of JPEG's chroma; 0: as its stream has it.
  std::uint16_t subsampling_y = 0;

  bool is_ccitt() const {
    return compression == TiffCompression::Huffman || compression == TiffCompression::Group3 ||
           compression == TiffCompression::Group4;
  }
  bool is_deflated() const {
    return compression == TiffCompression::Deflate || compression == TiffCompression::OldDeflate;
  }
};

/// A full picture of a file: its shape, and where its blocks lie. Views into the file.
struct TiffPage {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  TiffSamples samples;
  TiffCoding coding;
  bool is_planar = false;                     ///< Each sample has blocks of its own.
  bool is_tiled = false;                      ///< Blocks are tiles: all of one size.
  std::uint32_t block_width = 0;              ///< Of a tile, or of a strip: the picture's.
  std::uint32_t block_height = 0;             ///< Of the last strip less may be there.
  std::vector<std::string_view> blocks = {};  ///< Row by row, plane by plane.
  std::string colour_map =
      {};  ///< Of a palette: all reds, greens, blues, in 16 bits little-endian.
  std::string icc = {};
  Orientation orientation = Orientation::Upright;

  std::uint32_t planes() const { return is_planar ? samples.count : 1; }
  std::uint32_t columns() const { return (width - 1) / block_width + 1; }
  std::uint32_t bands() const { return (height - 1) / block_height + 1; }
  /// A row of one block: of a plane, one sample a pixel.
  std::size_t block_row_bytes() const {
    TiffSamples of_block = samples;
    of_block.count = is_planar ? 1 : samples.count;
    return of_block.row_bytes(block_width);
  }
  std::uint64_t decoded_bytes() const { return std::uint64_t{samples.row_bytes(width)} * height; }
};

/// Whether a directory is of a picture, and not of a smaller copy or a mask of another one.
bool is_full_picture(const TiffDirectory& directory);

/// Reads the directory of a full picture. Fails with Malformed, TooManyPixels, or
/// UnsupportedVariant for what is not read: samples that are no whole numbers without sign, of
/// sensor data, of 32 bits, colours that are said in another way than by default, JPEG of 12 bits
/// or before TIFF 6.0, tiles that are no multiples of 16.
///
/// `unread` is how many bytes the pages of the file may still lead to; what this one leads to is
/// taken off. It begins with the size of the file: pages and blocks that share their bytes would
/// make a small file take long.
OrReject<TiffPage> read_tiff_page(const TiffParts& parts, const TiffDirectory& directory,
                                  const ImageLimits& limits, std::uint64_t& unread);

}  // namespace sightingd
