#include "pipeline/image/format/tiff/tiff_block.h"

#include "pipeline/image/format/tiff/libtiff_reader.h"
#include "pipeline/image/format/tiff/tiff_writer.h"

#include <bit>
#include <utility>
#include <vector>

namespace sightingd {
namespace {

// What libtiff must make of the samples: for JPEG, what they are; for all others nothing.
TiffColours colours_for_libtiff(const TiffPage& page) {
  const bool is_jpeg = page.coding.compression == TiffCompression::Jpeg;
  return is_jpeg && page.samples.colours != TiffColours::WhiteIsZero ? page.samples.colours
                                                                     : TiffColours::BlackIsZero;
}

std::string file_of(const TiffPage& page, TiffNumbers numbers, std::string_view block,
                    std::uint32_t rows) {
  const TiffCoding& coding = page.coding;
  const auto size = static_cast<std::uint32_t>(block.size());
  std::vector<TiffTag> tags;
  const auto add = [&](std::uint16_t tag, std::uint32_t number) {
    tags.push_back(tiff_longs(numbers, tag, {number}));
  };
  add(tiff::kImageWidth, page.block_width);
  add(tiff::kImageLength, rows);
  add(tiff::kBitsPerSample, page.samples.bits);
  add(tiff::kCompression, static_cast<std::uint32_t>(coding.compression));
  add(tiff::kPhotometric, static_cast<std::uint32_t>(colours_for_libtiff(page)));
  add(tiff::kFillOrder, coding.fill_order);
  add(tiff::kStripOffsets, 0);
  const std::size_t strip_tag = tags.size() - 1;
  add(tiff::kSamplesPerPixel, page.is_planar ? 1 : page.samples.count);
  add(tiff::kRowsPerStrip, rows);
  add(tiff::kStripByteCounts, size);
  add(tiff::kPlanarConfiguration, 1);
  if (coding.compression == TiffCompression::Group3) {
    add(tiff::kT4Options, coding.t4_options);
  }
  if (coding.compression == TiffCompression::Group4) {
    add(tiff::kT6Options, coding.t6_options);
  }
  if (page.samples.predictor != 1) {
    add(tiff::kPredictor, page.samples.predictor);
  }
  if (!coding.jpeg_tables.empty()) {
    tags.push_back({tiff::kJpegTables, tiff::kUndefined,
                    static_cast<std::uint32_t>(coding.jpeg_tables.size()),
                    std::string(coding.jpeg_tables)});
  }
  if (page.samples.colours == TiffColours::Ycbcr) {
    tags.push_back(tiff_shorts(numbers, tiff::kYcbcrSubsampling,
                               {coding.subsampling_x, coding.subsampling_y}));
  }
  std::string file = tiff_header(numbers);
  const std::size_t strip_at = file.size() + tiff_directory_size(tags);
  tags[strip_tag] =
      tiff_longs(numbers, tiff::kStripOffsets, {static_cast<std::uint32_t>(strip_at)});
  file.reserve(strip_at + block.size());
  append_tiff_directory(file, numbers, tags, 0);
  file += block;
  return file;
}

}  // namespace

class TiffBlock::Decoder {
 public:
  Decoder(std::string file, std::uint32_t rows, std::size_t row_bytes, bool is_wide)
      : file_(std::move(file)),
        reader_(file_),
        rows_(rows),
        row_(row_bytes, '\0'),
        swaps_(is_wide && std::endian::native == std::endian::big) {}

  bool can_start(bool is_jpeg) const {
    if (reader_.get() == nullptr) {
      return false;
    }
    if (is_jpeg) {
      TIFFSetField(reader_.get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    }
    return static_cast<std::size_t>(TIFFScanlineSize(reader_.get())) == row_.size();
  }

  std::string_view next_row() {
    // What a damaged row leaves as it was must not be of the row before.
    row_.assign(row_.size(), '\0');
    if (at_ == rows_ || TIFFReadScanline(reader_.get(), row_.data(), at_++, 0) != 1) {
      return {};
    }
    for (std::size_t i = 0; swaps_ && i + 1 < row_.size(); i += 2) {
      std::swap(row_[i], row_[i + 1]);
    }
    return row_;
  }

 private:
  std::string file_;
  LibtiffReader reader_;
  std::uint32_t rows_;
  std::string row_;
  bool swaps_;
  std::uint32_t at_ = 0;
};

TiffBlock::TiffBlock(std::unique_ptr<Decoder> decoder) : decoder_(std::move(decoder)) {}
TiffBlock::TiffBlock(TiffBlock&&) noexcept = default;
TiffBlock& TiffBlock::operator=(TiffBlock&&) noexcept = default;
TiffBlock::~TiffBlock() = default;

std::optional<TiffBlock> TiffBlock::open(const TiffPage& page, TiffNumbers numbers,
                                         std::string_view block, std::uint32_t rows) {
  const std::size_t bits = page.samples.bits * (page.is_planar ? 1 : page.samples.count);
  const std::size_t row_bytes = (std::size_t{page.block_width} * bits + 7) / 8;
  auto decoder = std::make_unique<Decoder>(file_of(page, numbers, block, rows), rows, row_bytes,
                                           page.samples.bits == 16);
  if (!decoder->can_start(page.coding.compression == TiffCompression::Jpeg)) {
    return std::nullopt;
  }
  return TiffBlock(std::move(decoder));
}

std::string_view TiffBlock::next_row() { return decoder_->next_row(); }

bool can_decode_tiff() { return true; }

}  // namespace sightingd
