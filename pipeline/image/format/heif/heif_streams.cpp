#include "pipeline/image/format/heif/heif_streams.h"

#include "pipeline/image/format/bytes.h"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace sightingd {
namespace {

constexpr std::size_t kLengthSize = 4;

// ---- HEVC

constexpr unsigned kFirstParameterSet = 32;  // Of the video, the sequence, the picture.
constexpr unsigned kLastParameterSet = 34;

// As many of each type, and no longer: encoders write one of some 20 to 80 bytes, and
// up to a kilobyte with scaling lists.
constexpr unsigned kMostParameterSets = 4;
constexpr std::size_t kLongestParameterSet = 2'048;

// Of pictures that follow others, and of those that may stand alone; the rest is reserved.
bool is_slice(unsigned type) { return type <= 9 || (type >= 16 && type <= 21); }

// The first bit of its header: with it a picture begins (7.3.6.1).
bool begins_picture(std::string_view slice_unit) { return (byte_at(slice_unit, 2) & 0x80U) != 0; }

struct NalHeader {
  bool is_sound = false;
  unsigned type = 0;
  unsigned layer = 0;
};

NalHeader nal_header(std::string_view unit) {
  const unsigned word = big16(unit, 0);
  return {.is_sound = unit.size() > 2 && (word & 0x8000U) == 0 && (word & 7U) != 0,
          .type = word >> 9U & 0x3FU,
          .layer = word >> 3U & 0x3FU};
}

// ---- AV1

enum Obu : unsigned {
  kSequenceHeader = 1,
  kFrameHeader = 3,
  kTileGroup = 4,
  kFrame = 6,
  kRedundantFrameHeader = 7,
};

struct ObuView {
  unsigned type = 0;
  bool is_extended = false;
  char extension = 0;
  std::string_view payload = {};

  unsigned spatial_layer() const { return static_cast<unsigned char>(extension) >> 3U & 3U; }
};

// The OBUs of some data, one after another.
class Obus {
 public:
  explicit Obus(std::string_view data) : rest_(data) {}

  bool is_damaged() const { return is_damaged_; }

  std::optional<ObuView> next() {
    if (rest_.empty() || is_damaged_) {
      return std::nullopt;
    }
    constexpr unsigned kForbidden = 0x80;
    constexpr unsigned kExtended = 0x04;
    constexpr unsigned kHasSize = 0x02;
    const unsigned header = byte_at(rest_, 0);
    rest_.remove_prefix(1);
    ObuView obu{.type = header >> 3U & 15U, .is_extended = (header & kExtended) != 0};
    is_damaged_ = (header & kForbidden) != 0 || (obu.is_extended && rest_.empty());
    if (is_damaged_) {
      return std::nullopt;
    }
    if (obu.is_extended) {
      obu.extension = rest_.front();
      rest_.remove_prefix(1);
    }
    const std::uint64_t size = (header & kHasSize) != 0 ? take_size() : rest_.size();
    is_damaged_ = is_damaged_ || size > rest_.size();
    if (is_damaged_) {
      return std::nullopt;
    }
    obu.payload = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return obu;
  }

 private:
  // leb128: seven bits a byte, the lowest first (4.10.5).
  std::uint64_t take_size() {
    std::uint64_t size = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
      const std::uint64_t byte = byte_at(rest_, 0);
      is_damaged_ = is_damaged_ || rest_.empty();
      if (is_damaged_) {
        return 0;
      }
      rest_.remove_prefix(1);
      size |= (byte & 0x7FU) << shift;
      if ((byte & 0x80U) == 0) {
        return size;
      }
    }
    is_damaged_ = true;  // No file is that large.
    return 0;
  }

  std::string_view rest_;
  bool is_damaged_ = false;
};

// With its size, whether it had one or not.
void append_obu(std::string& bare, const ObuView& obu) {
  bare += static_cast<char>(obu.type << 3U | (obu.is_extended ? 0x04U : 0U) | 0x02U);
  if (obu.is_extended) {
    // Temporal and spatial id; three bits are reserved.
    bare += static_cast<char>(static_cast<unsigned char>(obu.extension) & 0xF8U);
  }
  std::size_t size = obu.payload.size();
  for (; size >= 0x80; size >>= 7U) {
    bare += static_cast<char>((size & 0x7FU) | 0x80U);
  }
  bare += static_cast<char>(size);
  bare += obu.payload;
}

// The arrays of a configuration, which begin with their number. Each unit counts as what it is
// itself, as for decoders, whatever its array is called. Nothing of arrays that are cut off.
std::optional<std::map<unsigned, std::vector<std::string_view>>> parameter_sets(
    std::string_view arrays) {
  std::map<unsigned, std::vector<std::string_view>> sets;  // By type, which is their order.
  std::string_view rest = slice(arrays, 1);
  for (unsigned count = byte_at(arrays, 0); count > 0; --count) {
    if (rest.size() < 3) {
      return std::nullopt;
    }
    unsigned units = big16(rest, 1);
    rest = slice(rest, 3);
    for (; units > 0; --units) {
      const std::size_t length = big16(rest, 0);
      if (rest.size() < 2 || length > rest.size() - 2) {
        return std::nullopt;
      }
      const std::string_view unit = rest.substr(2, length);
      rest.remove_prefix(2 + length);
      const NalHeader header = nal_header(unit);
      const bool is_set = header.is_sound && header.layer == 0 &&
                          header.type >= kFirstParameterSet && header.type <= kLastParameterSet;
      if (is_set && unit.size() <= kLongestParameterSet &&
          sets[header.type].size() < kMostParameterSets) {
        sets[header.type].push_back(unit);
      }
    }
  }
  return sets;
}

}  // namespace

std::optional<std::string> bare_hevc(std::string_view data, std::size_t length_size) {
  std::string bare;
  std::optional<unsigned> type;  // Of the picture, once it has begun.
  while (!data.empty()) {
    if (length_size < 1 || length_size > 4) {
      return std::nullopt;
    }
    std::size_t length = 0;
    for (std::size_t i = 0; i < length_size; ++i) {
      length = length << 8U | byte_at(data, i);
    }
    if (data.size() < length_size || length > data.size() - length_size) {
      return std::nullopt;
    }
    const std::string_view unit = data.substr(length_size, length);
    data.remove_prefix(length_size + length);
    const NalHeader header = nal_header(unit);
    if (!header.is_sound || header.layer != 0 || !is_slice(header.type)) {
      continue;
    }
    if (begins_picture(unit) == type.has_value()) {
      break;  // Another picture, or the rest of one that is not here.
    }
    if (header.type != type.value_or(header.type)) {
      continue;  // The slices of a picture are of one type (7.4.2.2).
    }
    type = header.type;
    append_big32(bare, unit.size());
    bare += unit;
  }
  return type ? std::optional(std::move(bare)) : std::nullopt;
}

std::size_t hevc_length_size(std::string_view record) { return (byte_at(record, 21) & 3U) + 1U; }

std::optional<std::string> bare_hevc_configuration(std::string_view record) {
  constexpr std::size_t kFixed = 22;
  if (record.size() <= kFixed) {
    return std::nullopt;
  }
  std::string bare(record.substr(0, kFixed));
  bare[0] = 1;                                                    // The version.
  const auto keep_low = [&bare](std::size_t at, unsigned bits) {  // The others are reserved: ones.
    const unsigned mask = (1U << bits) - 1;
    bare[at] = static_cast<char>((static_cast<unsigned char>(bare[at]) & mask) | (0xFFU & ~mask));
  };
  keep_low(13, 4);  // Segmentation.
  keep_low(15, 2);  // Parallelism.
  keep_low(16, 2);  // Chroma.
  keep_low(17, 3);  // Depth of luma.
  keep_low(18, 3);  // Depth of chroma.
  bare[21] = static_cast<char>(static_cast<unsigned char>(bare[21]) | (kLengthSize - 1));
  const auto sets = parameter_sets(record.substr(kFixed));
  if (!sets) {
    return std::nullopt;
  }
  bare += static_cast<char>(sets->size());
  for (const auto& [type, units] : *sets) {
    bare += static_cast<char>(0x80U | type);  // All of its type are here.
    append_big16(bare, units.size());
    for (const std::string_view unit : units) {
      append_big16(bare, unit.size());
      bare += unit;
    }
  }
  return bare;
}

// A frame header or a frame begins a frame; tile groups and copies of the header belong to it.
std::optional<std::string> bare_av1(std::string_view data) {
  std::string bare;
  bool has_sequence = false;
  unsigned layers = 0;  // One bit a layer that has its frame.
  Obus obus(data);
  while (const auto obu = obus.next()) {
    if (obu->type == kSequenceHeader) {
      // Before the first frame, and once.
      if (!std::exchange(has_sequence, true) && layers == 0) {
        append_obu(bare, *obu);
      }
      continue;
    }
    const bool begins_frame = obu->type == kFrame || obu->type == kFrameHeader;
    if (begins_frame) {
      const unsigned layer = 1U << obu->spatial_layer();
      if ((layers & layer) != 0) {
        break;  // Another picture.
      }
      layers |= layer;
    }
    const bool is_part = obu->type == kTileGroup || obu->type == kRedundantFrameHeader;
    if (begins_frame || (is_part && layers != 0)) {
      append_obu(bare, *obu);
    }
  }
  return layers != 0 && !obus.is_damaged() ? std::optional(std::move(bare)) : std::nullopt;
}

std::optional<std::string> bare_av1_configuration(std::string_view record) {
  constexpr std::size_t kFixed = 4;
  constexpr unsigned kMarkerAndVersion = 0x81;
  if (record.size() < kFixed || byte_at(record, 0) != kMarkerAndVersion) {
    return std::nullopt;
  }
  std::string bare(record.substr(0, kFixed));
  // Three reserved bits, then how far ahead frames are shown, which says nothing of a still.
  bare[3] = 0;
  Obus obus(record.substr(kFixed));
  while (const auto obu = obus.next()) {
    if (obu->type == kSequenceHeader) {
      append_obu(bare, *obu);
      break;
    }
  }
  return bare;
}

}  // namespace sightingd
