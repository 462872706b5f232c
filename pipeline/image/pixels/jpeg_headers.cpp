#include "pipeline/image/pixels/jpeg_headers.h"

#include "pipeline/image/format/bytes.h"
#include "pipeline/image/format/jpeg/jpeg_markers.h"

#include <algorithm>
#include <vector>

namespace sightingd {
namespace {

// How many bits a difference has; libjpeg refuses a table that says more.
bool are_sizes(std::string_view symbols) {
  constexpr std::uint8_t kMost = 15;
  return std::ranges::all_of(symbols, [](char c) { return static_cast<std::uint8_t>(c) <= kMost; });
}

}  // namespace

bool JpegHeaders::read(std::string_view file) {
  if (!file.starts_with("\xff\xd8")) {
    return false;
  }
  for (std::size_t at = 2; byte_at(file, at) == 0xff;) {
    const std::uint8_t marker = byte_at(file, at + 1);
    const std::size_t size = big16(file, at + 2);
    if (jpeg::stands_alone(marker) || size < 2 || at + 2 + size > file.size() ||
        !read_segment(marker, file.substr(at + 4, size - 2))) {
      return false;
    }
    at += 2 + size;
    if (marker == jpeg::kSos) {
      coded = file.substr(at);
      return is_usual();
    }
  }
  return false;
}

bool JpegHeaders::read_segment(std::uint8_t marker, std::string_view content) {
  switch (marker) {
    case jpeg::kDqt:
      return read_quantisations(content);
    case jpeg::kDht:
      return read_codes(content);
    case jpeg::kDri:
      restart_interval = big16(content, 0);
      return content.size() == 2;
    case jpeg::kSof0:
    case jpeg::kSof1:
      return read_frame(marker, content);
    case jpeg::kSos:
      scan = frame ? frame->read(content) : std::nullopt;
      return scan.has_value();
    case jpeg::kApp0:
      has_jfif_ = has_jfif_ || (content.starts_with(jpeg::kJfif) && content.size() >= 14);
      return true;
    case jpeg::kApp14:
      if (content.starts_with(jpeg::kAdobe) && content.size() >= 12) {
        adobe_transform_ = byte_at(content, 11);
      }
      return true;
    default:
      return (marker >= jpeg::kApp0 && marker <= jpeg::kApp15) || marker == jpeg::kCom;
  }
}

bool JpegHeaders::read_frame(std::uint8_t marker, std::string_view content) {
  constexpr std::uint8_t kBits = 8;
  constexpr std::uint32_t kLongest = 65'500;  // libjpeg's JPEG_MAX_DIMENSION.
  if (frame || byte_at(content, 0) != kBits) {
    return false;
  }
  frame = JpegScans::of_frame(marker, content);
  return frame && frame->width() <= kLongest && frame->height() <= kLongest;
}

bool JpegHeaders::read_quantisations(std::string_view content) {
  while (!content.empty()) {
    const std::size_t slot = byte_at(content, 0) & 15U;
    const bool is_wide = byte_at(content, 0) >> 4U != 0;
    const std::size_t size = 1 + kCoefficients * (is_wide ? 2 : 1);
    if (slot >= quantisations.size() || content.size() < size) {
      return false;
    }
    Quantisation table{};
    for (std::size_t i = 0; i < kCoefficients; ++i) {
      table[i] = is_wide ? big16(content, 1 + 2 * i) : byte_at(content, 1 + i);
    }
    quantisations[slot] = table;
    content.remove_prefix(size);
  }
  return true;
}

bool JpegHeaders::read_codes(std::string_view content) {
  constexpr std::size_t kLengths = 16;
  while (!content.empty()) {
    const std::size_t slot = byte_at(content, 0) & 15U;
    const std::size_t kind = byte_at(content, 0) >> 4U;
    const std::string_view counts = slice(content, 1, kLengths);
    std::size_t codes = 0;
    for (std::size_t i = 0; i < kLengths; ++i) {
      codes += byte_at(counts, i);
    }
    const std::string_view symbols = slice(content, 1 + kLengths, codes);
    if (kind > 1 || slot >= dc.size() || counts.size() < kLengths || symbols.size() < codes ||
        (kind == 0 && !are_sizes(symbols))) {
      return false;
    }
    auto& table = (kind == 0 ? dc : ac)[slot];
    table = HuffmanTable::of(counts, symbols);
    if (!table) {
      return false;
    }
    content.remove_prefix(1 + kLengths + codes);
  }
  return true;
}

// As libjpeg takes it (default_decompress_parms), where that does not depend on more.
bool JpegHeaders::is_gray_or_ycbcr() const {
  const std::vector<JpegComponent>& parts = frame->components();
  if (parts.size() == 1) {
    return true;
  }
  const bool is_numbered =
      parts.size() == 3 && parts[0].id == 1 && parts[1].id == 2 && parts[2].id == 3;
  return parts.size() == 3 &&
         (has_jfif_ || (adobe_transform_ ? adobe_transform_ == 1 : is_numbered));
}

bool JpegHeaders::is_usual() const {
  constexpr std::size_t kMostBlocks = 10;  // T.81, B.2.3
  if (!is_gray_or_ycbcr() || scan->parts.size() != frame->components().size()) {
    return false;
  }
  const JpegComponent& luma = frame->components()[0];
  std::size_t blocks = 0;  // Of a unit of the scan.
  for (std::size_t i = 0; i < scan->parts.size(); ++i) {
    const JpegScanPart& part = scan->parts[i];
    const JpegComponent& component = frame->components()[i];
    blocks += std::size_t{component.across} * component.down;
    const bool has_tables = part.dc_table < dc.size() && dc[part.dc_table] &&
                            part.ac_table < ac.size() && ac[part.ac_table] &&
                            component.quantisation < quantisations.size() &&
                            quantisations[component.quantisation];
    if (part.component != i || !has_tables || luma.across % component.across != 0 ||
        luma.down % component.down != 0) {
      return false;
    }
  }
  return blocks <= kMostBlocks;
}

}  // namespace sightingd
