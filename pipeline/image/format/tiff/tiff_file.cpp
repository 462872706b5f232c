#include "pipeline/image/format/tiff/tiff_file.h"

#include "pipeline/image/format/bytes.h"
#include "pipeline/image/format/tiff/tiff_block.h"
#include "pipeline/image/format/tiff/tiff_carriers.h"
#include "pipeline/image/format/tiff/tiff_writer.h"
#include "pipeline/stripped_size.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace sightingd {
namespace {

using namespace std::string_view_literals;

constexpr TiffNumbers kLittle(false);

// Beside its strips, their table, its colours and its profile, what a page takes at most.
constexpr std::uint64_t kPageHeader = 512;

bool is_big_tiff(std::string_view bytes) {
  return bytes.starts_with("II+\0"sv) || bytes.starts_with("MM\0+"sv);
}

// Canon's raw files say so behind the header; DNG by a tag.
bool is_raw(std::string_view bytes, const std::vector<TiffDirectory>& directories) {
  return slice(bytes, 8, 2) == "CR" ||
         std::ranges::any_of(directories, [](const TiffDirectory& directory) {
           return directory.has(tiff::kDngVersion);
         });
}

}  // namespace

// One walk over the directories of a file.
class TiffWalk {
 public:
  TiffWalk(std::string_view bytes, const ImageLimits& limits)
      : bytes_(bytes),
        limits_(limits),
        numbers_(bytes.starts_with("MM")),
        unread_(bytes.size()),
        pixels_left_(limits.max_pixels),
        bytes_left_(kMostSampleBytes * limits.max_pixels),
        output_left_(bytes.size() + kTiffSlack - kPageHeader) {}

  OrReject<TiffFile> run() {
    const auto directories = tiff_directories(bytes_, numbers_);
    if (is_raw(bytes_, directories)) {
      return RejectReason::UnsupportedVariant;
    }
    const TiffParts parts(bytes_, numbers_, directories);
    const TiffDirectory* first = nullptr;
    for (const TiffDirectory& directory : directories) {
      if (!is_full_picture(directory)) {
        continue;
      }
      const auto reason = page(parts, directory);
      // A later page that cannot be read is none; one that costs too much is a page.
      if (reason && (first == nullptr || costs_too_much_)) {
        return *reason;
      }
      first = first == nullptr ? &directory : first;
      if (file_.pages_.size() > limits_.max_frames) {
        return RejectReason::TooManyFrames;
      }
    }
    if (first == nullptr) {
      // Of cameras' raw files the first pictures are small copies.
      const bool has_pictures = std::ranges::any_of(
          directories,
          [](const TiffDirectory& directory) { return directory.has(tiff::kImageWidth); });
      return has_pictures ? RejectReason::UnsupportedVariant : RejectReason::Malformed;
    }
    carriers(directories, *first);
    return std::move(file_);
  }

 private:
  using Step = std::optional<RejectReason>;

  // Of a pixel, over all pages: more than photos have, less than would take long to pack.
  static constexpr std::uint64_t kMostSampleBytes = 4;

  // A byte that holds several, as those of a fax, costs no more than another byte.
  static std::uint64_t pixels_of(const TiffPage& page) {
    return std::min(std::uint64_t{page.width} * page.height, page.decoded_bytes());
  }

  Step page(const TiffParts& parts, const TiffDirectory& directory) {
    auto page = read_tiff_page(parts, directory, limits_, unread_);
    if (!page) {
      return page.error();
    }
    const std::uint64_t pixels = pixels_of(*page);
    if (pixels > pixels_left_ || page->decoded_bytes() > bytes_left_) {
      costs_too_much_ = true;
      return RejectReason::TooManyPixels;
    }
    pixels_left_ -= pixels;
    bytes_left_ -= page->decoded_bytes();
    const std::uint64_t around = kPageHeader + page->colour_map.size() + page->icc.size();
    auto packed = around <= output_left_ ? pack_rows(*page, numbers_, output_left_ - around)
                                         : OrReject<PackedTiff>(RejectReason::UnsupportedVariant);
    if (!packed) {
      costs_too_much_ = packed.error() == RejectReason::UnsupportedVariant;
      return packed.error();
    }
    const std::uint64_t size = around + packed->strips.size() + 8 * packed->strip_sizes.size();
    if (size > output_left_) {
      costs_too_much_ = true;
      return RejectReason::UnsupportedVariant;
    }
    output_left_ -= size;
    file_.pages_.push_back(
        {std::move(*packed), std::move(page->colour_map), std::move(page->icc), page->orientation});
    return {};
  }

  // Those of the first page first: it is its orientation that viewers obey.
  void carriers(const std::vector<TiffDirectory>& directories, const TiffDirectory& first) {
    add_tiff_carriers(file_.carriers_, bytes_, first);
    for (const TiffDirectory& directory : directories) {
      if (&directory != &first) {
        add_tiff_carriers(file_.carriers_, bytes_, directory);
      }
    }
  }

  std::string_view bytes_;
  ImageLimits limits_;
  TiffNumbers numbers_;
  std::uint64_t unread_;
  std::uint64_t pixels_left_;
  std::uint64_t bytes_left_;
  std::uint64_t output_left_;
  bool costs_too_much_ = false;  // The page that was looked at last.
  TiffFile file_;
};

OrReject<TiffFile> TiffFile::parse(std::string_view bytes, const ImageLimits& limits) {
  if (is_big_tiff(bytes)) {
    return RejectReason::UnsupportedVariant;
  }
  if (!begins_as_tiff(bytes)) {
    return RejectReason::Malformed;
  }
  return can_decode_tiff() ? TiffWalk(bytes, limits).run() : RejectReason::UnsupportedVariant;
}

std::string TiffFile::stripped(Orientation orientation) const {
  std::string file = tiff_header(kLittle);
  for (const Page& page : pages_) {
    const bool is_first = &page == &pages_.front();
    append(file, page, is_first ? orientation : page.orientation, &page == &pages_.back());
  }
  return file;
}

void TiffFile::append(std::string& file, const Page& page, Orientation orientation, bool is_last) {
  const PackedTiff& picture = page.picture;
  const TiffSamples& samples = picture.samples;
  const auto number16 = [](std::uint16_t tag, std::size_t value) {
    return tiff_shorts(kLittle, tag, {static_cast<std::uint16_t>(value)});
  };
  const std::vector<std::uint16_t> bits(samples.count, static_cast<std::uint16_t>(samples.bits));
  std::vector<TiffTag> tags{
      tiff_longs(kLittle, tiff::kImageWidth, {picture.width}),
      tiff_longs(kLittle, tiff::kImageLength, {picture.height}),
      tiff_shorts(kLittle, tiff::kBitsPerSample, bits),
      number16(tiff::kCompression, static_cast<std::size_t>(TiffCompression::Deflate)),
      number16(tiff::kPhotometric, static_cast<std::size_t>(samples.colours)),
      tiff_longs(kLittle, tiff::kStripOffsets, picture.strip_sizes)};
  const std::size_t offsets_tag = tags.size() - 1;
  if (orientation != Orientation::Upright) {
    tags.push_back(number16(tiff::kOrientation, static_cast<std::size_t>(orientation)));
  }
  tags.push_back(number16(tiff::kSamplesPerPixel, samples.count));
  tags.push_back(tiff_longs(kLittle, tiff::kRowsPerStrip, {picture.rows_per_strip}));
  tags.push_back(tiff_longs(kLittle, tiff::kStripByteCounts, picture.strip_sizes));
  if (samples.predictor != 1) {
    tags.push_back(number16(tiff::kPredictor, samples.predictor));
  }
  if (!page.colour_map.empty()) {
    tags.push_back({tiff::kColorMap, tiff::kShort,
                    static_cast<std::uint32_t>(page.colour_map.size() / 2), page.colour_map});
  }
  if (!samples.extra.empty()) {
    tags.push_back(tiff_shorts(kLittle, tiff::kExtraSamples, samples.extra));
  }
  if (samples.colours == TiffColours::Ycbcr) {
    tags.push_back(tiff_shorts(kLittle, tiff::kYcbcrSubsampling, {1, 1}));
  }
  if (!page.icc.empty()) {
    tags.push_back({tiff::kIccProfile, tiff::kUndefined,
                    static_cast<std::uint32_t>(page.icc.size()), page.icc});
  }

  std::size_t strip_at = file.size() + tiff_directory_size(tags);
  std::vector<std::uint32_t> offsets;
  for (const std::uint32_t size : picture.strip_sizes) {
    offsets.push_back(static_cast<std::uint32_t>(strip_at));
    strip_at += size;
  }
  tags[offsets_tag] = tiff_longs(kLittle, tiff::kStripOffsets, offsets);
  const std::size_t end = strip_at + strip_at % 2;
  file.reserve(end);
  append_tiff_directory(file, kLittle, tags, is_last ? 0 : end);
  file += picture.strips;
  if (!is_last) {
    file.resize(end);
  }
}

}  // namespace sightingd
