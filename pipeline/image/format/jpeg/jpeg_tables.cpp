#include "pipeline/image/format/jpeg/jpeg_tables.h"

#include "pipeline/image/format/bytes.h"
#include "pipeline/image/format/jpeg/jpeg_markers.h"

#include <algorithm>

namespace sightingd {
namespace {

constexpr std::size_t kAcTable = 0x10;  // Above the number of a Huffman or arithmetic table.

// The size of the table that `content` begins with (T.81, B.2.4.1 to B.2.4.4).
std::size_t table_size(std::uint8_t marker, std::string_view content) {
  if (marker == jpeg::kDqt) {
    constexpr std::size_t kElements = 64;
    return 1 + kElements * (byte_at(content, 0) < 0x10 ? 1 : 2);
  }
  if (marker == jpeg::kDht) {
    constexpr std::size_t kLengths = 16;
    std::size_t size = 1 + kLengths;
    for (std::size_t i = 1; i <= kLengths; ++i) {
      size += byte_at(content, i);
    }
    return size;
  }
  return 2;  // DAC: which, and its value. DRI: the interval.
}

}  // namespace

bool JpegTables::Segment::is_used() const {
  return std::any_of(tables.begin(), tables.end(),
                     [](const Table& table) { return table.is_used; });
}

bool JpegTables::add(std::uint8_t marker, std::string_view content) {
  Segment segment{marker, {}};
  while (!content.empty()) {
    const std::size_t size = table_size(marker, content);
    if (size > content.size() || (marker == jpeg::kDri && content.size() != size)) {
      return false;
    }
    const auto slot = marker == jpeg::kDri ? std::uint8_t{0} : byte_at(content, 0);
    // The precision of a quantisation table is no part of its number.
    const auto number = static_cast<std::uint8_t>(marker == jpeg::kDqt ? slot & 15U : slot);
    current_[{marker, number}] = {segments_.size(), segment.tables.size()};
    segment.tables.push_back({content.substr(0, size)});
    content.remove_prefix(size);
  }
  segments_.push_back(std::move(segment));
  return true;
}

void JpegTables::use(std::uint8_t marker, std::size_t slot) {
  const auto found = current_.find({marker, static_cast<std::uint8_t>(slot)});
  if (found != current_.end()) {
    segments_[found->second.first].tables[found->second.second].is_used = true;
  }
}

void JpegTables::use(const JpegScans& frame, const JpegScan& scan) {
  const std::uint8_t coding = frame.is_arithmetic() ? jpeg::kDac : jpeg::kDht;
  const bool codes_dc = scan.first == 0 && (scan.high == 0 || frame.is_arithmetic());
  const bool codes_ac = scan.last > 0;
  is_quantised_.resize(frame.components().size());
  use(jpeg::kDri, 0);
  for (const JpegScanPart& part : scan.parts) {
    if (codes_dc) {
      use(coding, part.dc_table);
    }
    if (codes_ac) {
      use(coding, kAcTable + part.ac_table);
    }
    // Decoders take a component's table when its first scan begins.
    if (!is_quantised_[part.component]) {
      use(jpeg::kDqt, frame.components()[part.component].quantisation);
      is_quantised_[part.component] = true;
    }
  }
}

}  // namespace sightingd
