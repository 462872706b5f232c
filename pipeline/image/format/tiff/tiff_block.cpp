#include "pipeline/image/format/tiff/tiff_block.h"

#include "pipeline/image/format/bytes.h"
#include "pipeline/image/format/inflate.h"
#include "pipeline/image/format/jpeg/jpeg_markers.h"
#include "pipeline/image/format/tiff/libtiff_reader.h"
#include "pipeline/image/format/tiff/pack_bits.h"
#include "pipeline/image/format/tiff/tiff_writer.h"

#include <algorithm>
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
  if (page.coding.subsampling_x != 0) {
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

// How many rows a JPEG stream says it has (ITU-T T.81, B.2.2); 0 when it says nothing.
std::uint32_t rows_of_jpeg(std::string_view stream) {
  std::size_t at = 2;
  while (byte_at(stream, at) == 0xff) {
    const std::uint8_t marker = byte_at(stream, at + 1);
    if (marker >= jpeg::kSof0 && marker <= jpeg::kSof2) {
      return big16(stream, at + 5);
    }
    if (marker == jpeg::kSos) {
      return 0;
    }
    at += marker == 0xff ? 1 : 2U + big16(stream, at + 2);
  }
  return 0;
}

// Some programs code a last strip as high as the others.
std::uint32_t coded_rows(const TiffPage& page, std::string_view block, std::uint32_t rows) {
  return page.coding.compression == TiffCompression::Jpeg
             ? std::clamp(rows_of_jpeg(block), rows, page.block_height)
             : rows;
}

}  // namespace

class TiffBlock::Decoder {
 public:
  Decoder(std::size_t row_bytes, bool swaps) : row_(row_bytes, '\0'), swaps_(swaps) {}
  virtual ~Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  std::string_view next_row() {
    // What a damaged row leaves as it was must not be of the row before.
    row_.assign(row_.size(), '\0');
    if (!read(row_)) {
      return {};
    }
    for (std::size_t i = 0; swaps_ && i + 1 < row_.size(); i += 2) {
      std::swap(row_[i], row_[i + 1]);
    }
    return row_;
  }

  std::size_t row_bytes() const { return row_.size(); }

 private:
  virtual bool read(std::string& row) = 0;

  std::string row_;
  bool swaps_;
};

namespace {

class LibtiffDecoder : public TiffBlock::Decoder {
 public:
  LibtiffDecoder(std::string file, std::uint32_t rows, std::size_t row_bytes, bool swaps)
      : Decoder(row_bytes, swaps), file_(std::move(file)), reader_(file_), rows_(rows) {}

  bool can_start(const TiffCoding& coding) {
    if (reader_.get() == nullptr) {
      return false;
    }
    if (coding.compression == TiffCompression::Jpeg) {
      TIFFSetField(reader_.get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    }
    is_jpeg_ = coding.compression == TiffCompression::Jpeg;
    warnings_ = reader_.warnings();
    return static_cast<std::size_t>(TIFFScanlineSize(reader_.get())) == row_bytes() &&
           (!coding.is_ccitt() || read_whole());
  }

 private:
  bool read(std::string& row) override {
    if (at_ == rows_) {
      return false;
    }
    const std::uint32_t y = at_++;
    if (!whole_.empty()) {
      row = whole_.substr(y * row.size(), row.size());
      return true;
    }
    return TIFFReadScanline(reader_.get(), row.data(), y, 0) == 1 && !is_damaged();
  }

  // Of JPEG that is damaged or has other sides than it should, libtiff only warns.
  bool is_damaged() const {
    return reader_.has_errors() || (is_jpeg_ && reader_.warnings() > warnings_);
  }

  // Of CCITT's codes with small damage libtiff makes other rows one by one than all at once, as
  // others have it read them. A pixel is a bit here.
  bool read_whole() {
    whole_.assign(rows_ * row_bytes(), '\0');
    const auto size = static_cast<tmsize_t>(whole_.size());
    return TIFFReadEncodedStrip(reader_.get(), 0, whole_.data(), size) == size && !is_damaged();
  }

  std::string file_;
  LibtiffReader reader_;
  std::uint32_t rows_;
  std::uint32_t at_ = 0;
  bool is_jpeg_ = false;
  std::size_t warnings_ = 0;  // Before the first row.
  std::string whole_;         // All rows, if they are read at once.
};

// Whether a zlib stream is whole: libtiff looks at its checksum only when it is asked for all rows
// at once. It may have the rows of a block that is cut by the edge of the picture.
bool is_whole_stream(const TiffPage& page, std::string_view block, std::uint64_t rows,
                     std::size_t row_bytes) {
  Inflater inflater(std::uint64_t{page.block_height} * row_bytes);
  inflater.feed(block);
  return inflater.end() == Inflater::End::Complete && inflater.produced() >= rows * row_bytes;
}

class PackBitsDecoder : public TiffBlock::Decoder {
 public:
  PackBitsDecoder(PackBits packed, std::size_t row_bytes, bool swaps)
      : Decoder(row_bytes, swaps), packed_(packed) {}

 private:
  bool read(std::string& row) override { return packed_.next(row); }

  PackBits packed_;
};

}  // namespace

TiffBlock::TiffBlock(std::unique_ptr<Decoder> decoder) : decoder_(std::move(decoder)) {}
TiffBlock::TiffBlock(TiffBlock&&) noexcept = default;
TiffBlock& TiffBlock::operator=(TiffBlock&&) noexcept = default;
TiffBlock::~TiffBlock() = default;

std::optional<TiffBlock> TiffBlock::open(const TiffPage& page, TiffNumbers numbers,
                                         std::string_view block, std::uint32_t rows) {
  constexpr bool kIsBigMachine = std::endian::native == std::endian::big;
  const bool is_wide = page.samples.bits == 16;
  const std::size_t row_bytes = page.block_row_bytes();
  if (page.coding.compression == TiffCompression::PackBits) {
    return TiffBlock(std::make_unique<PackBitsDecoder>(PackBits(block, page.coding.fill_order == 2),
                                                       row_bytes, is_wide && numbers.is_big()));
  }
  // Of turned bits libtiff alone makes a stream.
  if (page.coding.is_deflated() && page.coding.fill_order == 1 &&
      !is_whole_stream(page, block, rows, row_bytes)) {
    return std::nullopt;
  }
  auto decoder =
      std::make_unique<LibtiffDecoder>(file_of(page, numbers, block, coded_rows(page, block, rows)),
                                       rows, row_bytes, is_wide && kIsBigMachine);
  if (!decoder->can_start(page.coding)) {
    return std::nullopt;
  }
  return TiffBlock(std::move(decoder));
}

std::string_view TiffBlock::next_row() { return decoder_->next_row(); }

bool can_decode_tiff() { return true; }

}  // namespace sightingd
