#pragma once

#include "pipeline/image/format/tiff/tiff_page.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// The rows of one strip or tile, decoded one after the other: those of PackBits here, all others
/// by libtiff, which is given a file of its own, with this one strip and none of the tags that tell
/// anything but how it is coded: neither metadata nor a strange directory ever reaches it.
class TiffBlock {
 public:
  class Decoder;

  /// A block of `page`, `rows` high, which must outlive it. Nothing when libtiff cannot read it, or
  /// makes rows of another length of it. `numbers` is the byte order of the file it is from.
  static std::optional<TiffBlock> open(const TiffPage& page, TiffNumbers numbers,
                                       std::string_view block, std::uint32_t rows);

  TiffBlock(TiffBlock&&) noexcept;
  TiffBlock& operator=(TiffBlock&&) noexcept;
  ~TiffBlock();

  /// The next row: samples of 16 bits little-endian, JPEG's YCbCr as RGB. Valid up to the next
  /// call; empty when the block is damaged or ends before.
  std::string_view next_row();

 private:
  explicit TiffBlock(std::unique_ptr<Decoder> decoder);

  std::unique_ptr<Decoder> decoder_;
};

/// Whether this build has libtiff.
bool can_decode_tiff();

}  // namespace sightingd
