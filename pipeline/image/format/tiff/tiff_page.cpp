#include "pipeline/image/format/tiff/tiff_page.h"

#include "pipeline/image/format/bytes.h"
#include "pipeline/image/format/limits.h"
#include "pipeline/image/metadata/icc_profile.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

namespace sightingd {
namespace {

constexpr std::uint32_t kMostSamples = 8;
// Encoders' are of some hundred bytes. Every block is decoded with them.
constexpr std::size_t kLargestTables = 4096;
// Each block of a row keeps a decoder of its own busy.
constexpr std::uint32_t kMostBlocksInARow = 1024;

// How many samples tell a colour; nothing for colours that are not read.
std::optional<std::uint32_t> samples_of_colour(std::uint32_t photometric) {
  switch (static_cast<TiffColours>(photometric)) {
    case TiffColours::WhiteIsZero:
    case TiffColours::BlackIsZero:
    case TiffColours::Palette:
      return 1;
    case TiffColours::Rgb:
    case TiffColours::Ycbcr:
    case TiffColours::CieLab:
    case TiffColours::IccLab:
      return 3;
    case TiffColours::Cmyk:
      return 4;
  }
  return std::nullopt;
}

bool is_read(std::uint32_t compression) {
  switch (static_cast<TiffCompression>(compression)) {
    case TiffCompression::None:
    case TiffCompression::Huffman:
    case TiffCompression::Group3:
    case TiffCompression::Group4:
    case TiffCompression::Lzw:
    case TiffCompression::Jpeg:
    case TiffCompression::Deflate:
    case TiffCompression::PackBits:
    case TiffCompression::OldDeflate:
      return true;
  }
  return false;
}

// Whether an entry of rationals is missing or says these values.
bool says_only(const TiffDirectory& directory, std::uint16_t tag, std::span<const double> values) {
  constexpr std::size_t kRationalSize = 8;
  constexpr double kTolerance = 1e-4;
  const TiffEntry* entry = directory.find(tag);
  if (entry == nullptr) {
    return true;
  }
  if (entry->type != tiff::kRational || entry->value.size() != values.size() * kRationalSize) {
    return false;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double over = directory.numbers().at32(entry->value, i * kRationalSize);
    const double under = directory.numbers().at32(entry->value, i * kRationalSize + 4);
    if (under == 0 || std::abs(over / under - values[i]) > kTolerance) {
      return false;
    }
  }
  return true;
}

class PageReader {
 public:
  PageReader(const TiffParts& parts, const TiffDirectory& directory, const ImageLimits& limits,
             std::uint64_t& unread)
      : parts_(parts), directory_(directory), limits_(limits), unread_(unread) {}

  OrReject<TiffPage> run() {
    for (const auto step :
         {&PageReader::numbers, &PageReader::sides, &PageReader::samples, &PageReader::coding,
          &PageReader::colours, &PageReader::layout, &PageReader::blocks, &PageReader::profile}) {
      if (const auto reason = (this->*step)()) {
        return *reason;
      }
    }
    const std::uint32_t turn = number(tiff::kOrientation, 1);
    if (turn >= 1 && turn <= 8) {
      page_.orientation = static_cast<Orientation>(turn);
    }
    return std::move(page_);
  }

 private:
  using Step = std::optional<RejectReason>;

  std::uint32_t number(std::uint16_t tag, std::uint32_t otherwise) const {
    return directory_.number(tag, otherwise);
  }

  // Readers differ in what they make of several numbers where one belongs, or of a text.
  Step numbers() {
    constexpr std::array kTags{
        tiff::kImageWidth,          tiff::kImageLength, tiff::kCompression,
        tiff::kPhotometric,         tiff::kFillOrder,   tiff::kSamplesPerPixel,
        tiff::kRowsPerStrip,        tiff::kT4Options,   tiff::kT6Options,
        tiff::kPlanarConfiguration, tiff::kPredictor,   tiff::kTileWidth,
        tiff::kTileLength,          tiff::kInkSet};
    const bool are_alone = std::ranges::all_of(kTags, [this](std::uint16_t tag) {
      return !directory_.has(tag) || directory_.values(tag).size() == 1;
    });
    constexpr std::array kListTags{tiff::kBitsPerSample, tiff::kExtraSamples, tiff::kSampleFormat,
                                   tiff::kYcbcrSubsampling};
    const bool are_numbers = std::ranges::all_of(kListTags, [this](std::uint16_t tag) {
      return !directory_.has(tag) || directory_.values(tag).size() > 0;
    });
    return are_alone && are_numbers ? Step() : RejectReason::Malformed;
  }

  Step sides() {
    page_.width = number(tiff::kImageWidth, 0);
    page_.height = number(tiff::kImageLength, 0);
    if (page_.width == 0 || page_.height == 0) {
      return RejectReason::Malformed;
    }
    return oversized(page_.width, page_.height, limits_);
  }

  Step samples() {
    const TiffValues bits = directory_.values(tiff::kBitsPerSample);
    TiffSamples& samples = page_.samples;
    samples.count = number(tiff::kSamplesPerPixel, 1);
    const std::uint32_t photometric = number(tiff::kPhotometric, unsaid_colours());
    const auto colours = samples_of_colour(photometric);
    samples.bits = bits.size() > 0 ? bits[0] : 1;
    if (samples.count == 0 || samples.bits == 0 || photometric == kNoColours) {
      return RejectReason::Malformed;
    }
    if (!colours || samples.count > kMostSamples) {
      return RejectReason::UnsupportedVariant;
    }
    if (samples.count < *colours || (bits.size() > 1 && bits.size() < samples.count)) {
      return RejectReason::Malformed;
    }
    samples.colours = static_cast<TiffColours>(photometric);
    const TiffValues extra = directory_.values(tiff::kExtraSamples);
    const std::uint32_t more = samples.count - *colours;
    const bool are_named = extra.size() == more || extra.size() == 0;
    if (!are_named || (more > 1 && *colours == 1)) {
      return RejectReason::UnsupportedVariant;
    }
    const TiffValues formats = directory_.values(tiff::kSampleFormat);
    for (std::uint32_t i = 0; i < samples.count; ++i) {
      const bool is_alike = bits.size() <= 1 || bits[i] == samples.bits;
      const bool is_whole = i >= formats.size() || formats[i] == 1 || formats[i] == 4;
      if (!is_alike || !is_whole) {
        return RejectReason::UnsupportedVariant;
      }
      if (i >= *colours) {
        const std::uint32_t meaning = extra[i - *colours];
        samples.extra.push_back(static_cast<std::uint16_t>(meaning <= 2 ? meaning : 0));
      }
    }
    return has_readable_depth() ? Step() : RejectReason::UnsupportedVariant;
  }

  // Where nothing is said, readers agree about a fax only.
  std::uint32_t unsaid_colours() const {
    const auto compression = static_cast<TiffCompression>(number(tiff::kCompression, 1));
    return TiffCoding{.compression = compression}.is_ccitt()
               ? static_cast<std::uint32_t>(TiffColours::WhiteIsZero)
               : kNoColours;
  }

  bool has_readable_depth() const {
    const TiffSamples& samples = page_.samples;
    switch (samples.colours) {
      case TiffColours::WhiteIsZero:
      case TiffColours::BlackIsZero:
        return samples.bits == 8 || samples.bits == 16 ||
               (samples.count == 1 &&
                (samples.bits == 1 || samples.bits == 2 || samples.bits == 4));
      case TiffColours::Palette:
        return samples.count == 1 &&
               (samples.bits == 1 || samples.bits == 2 || samples.bits == 4 || samples.bits == 8);
      case TiffColours::Ycbcr:
        return samples.bits == 8;
      default:
        return samples.bits == 8 || samples.bits == 16;
    }
  }

  Step coding() {
    const std::uint32_t compression = number(tiff::kCompression, 1);
    if (!is_read(compression)) {
      return RejectReason::UnsupportedVariant;
    }
    TiffCoding& coding = page_.coding;
    coding.compression = static_cast<TiffCompression>(compression);
    coding.fill_order = number(tiff::kFillOrder, 1);
    coding.t4_options = number(tiff::kT4Options, 0);
    coding.t6_options = number(tiff::kT6Options, 0);
    TiffSamples& samples = page_.samples;
    if (coding.is_ccitt() && (samples.bits != 1 || samples.count != 1)) {
      return RejectReason::UnsupportedVariant;
    }
    if (coding.compression == TiffCompression::Lzw ||
        coding.compression == TiffCompression::Deflate ||
        coding.compression == TiffCompression::OldDeflate) {
      samples.predictor = number(tiff::kPredictor, 1);
    }
    const bool can_predict =
        samples.predictor == 1 || (samples.predictor == 2 && samples.bits >= 8);
    const bool is_ordered = coding.fill_order == 1 || coding.fill_order == 2;
    return can_predict && is_ordered ? Step() : RejectReason::UnsupportedVariant;
  }

  Step colours() {
    if (page_.coding.compression == TiffCompression::Jpeg) {
      return jpeg_colours();
    }
    switch (page_.samples.colours) {
      case TiffColours::Palette:
        return palette();
      case TiffColours::Cmyk:
        return number(tiff::kInkSet, 1) == 1 ? Step() : RejectReason::UnsupportedVariant;
      case TiffColours::Ycbcr:
        return has_plain_ycbcr() ? Step() : RejectReason::UnsupportedVariant;
      default:
        return {};
    }
  }

  Step palette() {
    const TiffValues map = directory_.values(tiff::kColorMap);
    const std::size_t size = std::size_t{3} << page_.samples.bits;
    if (map.size() < size) {
      return RejectReason::Malformed;
    }
    for (std::size_t i = 0; i < size; ++i) {
      append_little16(page_.colour_map, map[i]);
    }
    return {};
  }

  // With every chroma sample of its own, and the coefficients and levels that readers assume.
  bool has_plain_ycbcr() const {
    constexpr std::array kCoefficients{0.299, 0.587, 0.114};
    constexpr std::array kLevels{0.0, 255.0, 128.0, 255.0, 128.0, 255.0};
    const TiffValues subsampling = directory_.values(tiff::kYcbcrSubsampling);
    return subsampling[0] == 1 && subsampling[1] == 1 &&
           says_only(directory_, tiff::kYcbcrCoefficients, kCoefficients) &&
           says_only(directory_, tiff::kReferenceBlackWhite, kLevels);
  }

  // libjpeg turns YCbCr into RGB, whatever TIFF says of coefficients; of others it hands out the
  // samples as they are.
  Step jpeg_colours() {
    const TiffSamples& samples = page_.samples;
    const TiffValues subsampling = directory_.values(tiff::kYcbcrSubsampling);
    const bool is_plain_ink = samples.colours != TiffColours::Cmyk || number(tiff::kInkSet, 1) == 1;
    const bool can_be_read = samples.bits == 8 && samples.extra.empty() && is_plain_ink &&
                             samples.colours != TiffColours::Palette &&
                             samples.colours != TiffColours::CieLab &&
                             samples.colours != TiffColours::IccLab;
    if (!can_be_read) {
      return RejectReason::UnsupportedVariant;
    }
    page_.coding.jpeg_tables = directory_.bytes(tiff::kJpegTables);
    if (page_.coding.jpeg_tables.size() > kLargestTables) {
      return RejectReason::UnsupportedVariant;
    }
    if (samples.colours == TiffColours::Ycbcr && subsampling.size() >= 2) {
      page_.coding.subsampling_x = static_cast<std::uint16_t>(subsampling[0]);
      page_.coding.subsampling_y = static_cast<std::uint16_t>(subsampling[1]);
    }
    return {};
  }

  Step layout() {
    page_.is_planar = number(tiff::kPlanarConfiguration, 1) == 2 && page_.samples.count > 1;
    page_.is_tiled = directory_.has(tiff::kTileOffsets);
    page_.block_width = page_.is_tiled ? number(tiff::kTileWidth, 0) : page_.width;
    page_.block_height = page_.is_tiled
                             ? number(tiff::kTileLength, 0)
                             : std::min(number(tiff::kRowsPerStrip, page_.height), page_.height);
    if (page_.block_width == 0 || page_.block_height == 0) {
      return RejectReason::Malformed;
    }
    if (const auto reason = oversized(page_.block_width, page_.block_height, limits_)) {
      return *reason;
    }
    const bool is_odd =
        page_.is_tiled && (page_.block_width % 16 != 0 || page_.block_height % 16 != 0);
    const bool is_planar_jpeg =
        page_.is_planar && page_.coding.compression == TiffCompression::Jpeg;
    const bool is_wide = page_.columns() * page_.planes() > kMostBlocksInARow;
    return is_odd || is_planar_jpeg || is_wide ? Step(RejectReason::UnsupportedVariant) : Step();
  }

  Step blocks() {
    const TiffValues offsets =
        directory_.values(page_.is_tiled ? tiff::kTileOffsets : tiff::kStripOffsets);
    const TiffValues sizes =
        directory_.values(page_.is_tiled ? tiff::kTileByteCounts : tiff::kStripByteCounts);
    const std::size_t count = std::size_t{page_.planes()} * page_.bands() * page_.columns();
    if (offsets.size() < count) {
      return RejectReason::Malformed;
    }
    for (std::size_t i = 0; i < count; ++i) {
      const std::string_view block = parts_.block(offsets[i], block_size(i, sizes));
      if (block.empty() || !lead_to(block)) {
        return RejectReason::Malformed;
      }
      page_.blocks.push_back(block);
    }
    return {};
  }

  Step profile() {
    const std::string_view icc = directory_.bytes(tiff::kIccProfile);
    if (icc.size() <= kLargestIccProfile) {  // Pages may share one.
      page_.icc = kept_colour_profile(icc);
    }
    return {};
  }

  bool lead_to(std::string_view bytes) {
    const bool may_be_read = bytes.size() <= unread_;
    unread_ -= may_be_read ? bytes.size() : 0;
    return may_be_read;
  }

  // Some programs do not say how long the only strip of a picture, or of a plane, is: it goes on
  // up to the next part of the file.
  std::uint64_t block_size(std::size_t block, const TiffValues& sizes) const {
    std::uint64_t size = sizes[block];
    if (size == 0 && !page_.is_tiled && page_.bands() == 1) {
      size = parts_.file().size();
    }
    return page_.coding.compression == TiffCompression::None ? std::min(size, raw_size(block))
                                                             : size;
  }

  std::uint64_t raw_size(std::size_t block) const {
    const std::size_t band = block / page_.columns() % page_.bands();
    const std::uint64_t rows =
        page_.is_tiled
            ? page_.block_height
            : std::min<std::uint64_t>(page_.block_height, page_.height - band * page_.block_height);
    return rows * page_.block_row_bytes();
  }

  static constexpr std::uint32_t kNoColours = 0xffff'ffff;

  const TiffParts& parts_;
  const TiffDirectory& directory_;
  const ImageLimits& limits_;
  std::uint64_t& unread_;
  TiffPage page_;
};

}  // namespace

bool is_full_picture(const TiffDirectory& directory) {
  constexpr std::uint32_t kPageOfMany = 2;  // A bit of NewSubfileType.
  constexpr std::uint32_t kReduced = 2;     // A value of SubfileType.
  constexpr std::uint32_t kMask = 4;        // A PhotometricInterpretation.
  // The first of what should be one number.
  const auto type = [&](std::uint16_t tag) { return directory.values(tag)[0]; };
  return directory.has(tiff::kImageWidth) && directory.has(tiff::kImageLength) &&
         (type(tiff::kNewSubfileType) & ~kPageOfMany) == 0 &&
         type(tiff::kSubfileType) != kReduced && directory.number(tiff::kPhotometric) != kMask;
}

OrReject<TiffPage> read_tiff_page(const TiffParts& parts, const TiffDirectory& directory,
                                  const ImageLimits& limits, std::uint64_t& unread) {
  return PageReader(parts, directory, limits, unread).run();
}

}  // namespace sightingd
