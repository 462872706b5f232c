#include "pipeline/image/format/tiff/tiff_rows.h"

#include "pipeline/image/format/inflate.h"
#include "pipeline/image/format/tiff/tiff_block.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace sightingd {
namespace {

// A reader needs no more memory than this and a row.
constexpr std::size_t kStripSize = 256U << 10U;

// As it was, where there is a choice: which one packs better, the picture's author knew. Of one
// that was not predicted in, photos are packed better with it.
std::uint32_t predictor_for(const TiffPage& page) {
  switch (page.coding.compression) {
    case TiffCompression::Lzw:
    case TiffCompression::Deflate:
    case TiffCompression::OldDeflate:
      return page.samples.predictor;
    default:
      return page.samples.bits >= 8 && page.samples.colours != TiffColours::Palette ? 2 : 1;
  }
}

// TIFF 6.0, section 14: each sample but the first of a row becomes its distance from the one on
// its left.
void take_differences(std::string& row, const TiffSamples& samples) {
  const std::size_t width = samples.bits / 8;
  const std::size_t step = samples.count * width;
  for (std::size_t at = row.size(); at >= step + width; at -= width) {
    const std::size_t here = at - width;
    const std::size_t left = here - step;
    if (width == 1) {
      row[here] = static_cast<char>(row[here] - row[left]);
      continue;
    }
    const auto value = [&row](std::size_t i) {
      return static_cast<std::uint8_t>(row[i]) | static_cast<std::uint8_t>(row[i + 1]) << 8;
    };
    const int difference = value(here) - value(left);
    row[here] = static_cast<char>(difference);
    row[here + 1] = static_cast<char>(difference >> 8);
  }
}

// The blocks that stand side by side, of every plane, and the rows that they make together.
class Band {
 public:
  // Nothing when one of them cannot be read.
  static std::optional<Band> open(const TiffPage& page, TiffNumbers numbers, std::uint32_t index,
                                  std::uint32_t rows) {
    Band band(page);
    for (std::uint32_t plane = 0; plane < page.planes(); ++plane) {
      for (std::uint32_t column = 0; column < page.columns(); ++column) {
        const std::size_t at =
            (std::size_t{plane} * page.bands() + index) * page.columns() + column;
        auto block = TiffBlock::open(page, numbers, page.blocks[at], rows);
        if (!block) {
          return std::nullopt;
        }
        band.blocks_.push_back(std::move(*block));
      }
    }
    return band;
  }

  // False when one of the blocks has no more.
  bool next_row(std::string& row) {
    const std::size_t bits = page_->samples.bits;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      const std::string_view part = blocks_[i].next_row();
      if (part.empty()) {
        return false;
      }
      const std::size_t plane = i / page_->columns();
      const std::size_t column = i % page_->columns();
      if (page_->is_planar) {
        spread(part, plane, column, bits / 8, row);
      } else {
        // Tiles are multiples of 16 wide: each begins with a byte.
        const std::size_t at = column * page_->block_width * page_->samples.count * bits / 8;
        row.replace(at, std::min(part.size(), row.size() - at), part, 0,
                    std::min(part.size(), row.size() - at));
      }
    }
    return true;
  }

 private:
  explicit Band(const TiffPage& page) : page_(&page) {}

  // One sample of each pixel.
  void spread(std::string_view part, std::size_t plane, std::size_t column, std::size_t bytes,
              std::string& row) const {
    const std::size_t first = column * page_->block_width;
    const std::size_t pixels = std::min<std::size_t>(page_->block_width, page_->width - first);
    for (std::size_t x = 0; x < pixels; ++x) {
      const std::size_t to = ((first + x) * page_->samples.count + plane) * bytes;
      for (std::size_t i = 0; i < bytes; ++i) {
        row[to + i] = part[x * bytes + i];
      }
    }
  }

  const TiffPage* page_;
  std::vector<TiffBlock> blocks_;
};

class Packer {
 public:
  Packer(const TiffPage& page, std::uint64_t most) : most_(most) {
    packed_.width = page.width;
    packed_.height = page.height;
    packed_.samples = page.samples;
    packed_.samples.predictor = predictor_for(page);
    if (page.coding.compression == TiffCompression::Jpeg &&
        page.samples.colours == TiffColours::Ycbcr) {
      packed_.samples.colours = TiffColours::Rgb;
    }
    const std::size_t row_bytes = page.samples.row_bytes(page.width);
    const std::size_t rows = std::clamp<std::size_t>(kStripSize / row_bytes, 1, page.height);
    packed_.rows_per_strip = static_cast<std::uint32_t>(rows);
    const std::size_t spare =
        row_bytes * 8 - std::size_t{page.width} * page.samples.count * page.samples.bits;
    last_bits_ = static_cast<std::uint8_t>(0xff << spare);
  }

  // False when too much has come out.
  bool add(std::string& row) {
    row.back() = static_cast<char>(row.back() & last_bits_);
    if (packed_.samples.predictor == 2) {
      take_differences(row, packed_.samples);
    }
    deflater_.feed(row, packed_.strips);
    if (++rows_ % packed_.rows_per_strip == 0 || rows_ == packed_.height) {
      deflater_.finish(packed_.strips);
      packed_.strip_sizes.push_back(static_cast<std::uint32_t>(packed_.strips.size() - begun_));
      begun_ = packed_.strips.size();
    }
    return packed_.strips.size() <= most_;
  }

  PackedTiff finish() { return std::move(packed_); }

 private:
  std::uint64_t most_;
  PackedTiff packed_;
  Deflater deflater_;
  std::uint8_t last_bits_ = 0;  // Of a row's last byte, those that belong to the picture.
  std::uint32_t rows_ = 0;
  std::size_t begun_ = 0;  // Where the strip begins.
};

}  // namespace

OrReject<PackedTiff> pack_rows(const TiffPage& page, TiffNumbers numbers, std::uint64_t most) {
  Packer packer(page, most);
  std::string row;
  for (std::uint32_t index = 0; index < page.bands(); ++index) {
    const std::uint32_t rows = std::min(page.block_height, page.height - index * page.block_height);
    auto band = Band::open(page, numbers, index, page.is_tiled ? page.block_height : rows);
    if (!band) {
      return RejectReason::Malformed;
    }
    for (std::uint32_t i = 0; i < rows; ++i) {
      row.assign(page.samples.row_bytes(page.width), '\0');
      if (!band->next_row(row)) {
        return RejectReason::Malformed;
      }
      if (!packer.add(row)) {
        return RejectReason::UnsupportedVariant;
      }
    }
  }
  return packer.finish();
}

}  // namespace sightingd
