#include "pipeline/image/metadata/exif_extent.h"

#include "pipeline/image/format/bytes.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sightingd {
namespace {

constexpr std::size_t kMostEntries = 10'000;
constexpr std::size_t kEntry = 12;

}  // namespace

bool names_a_directory(std::uint16_t tag) {
  constexpr std::uint16_t kExif = 0x8769;
  constexpr std::uint16_t kGps = 0x8825;
  constexpr std::uint16_t kInteroperability = 0xa005;
  return tag == kExif || tag == kGps || tag == kInteroperability;
}

bool is_affordable_exif(std::string_view block) {
  const bool is_little = block.starts_with("II");
  const auto number16 = [&](std::size_t at) {
    return is_little ? little16(block, at) : big16(block, at);
  };
  const auto number32 = [&](std::size_t at) {
    return is_little ? little32(block, at) : big32(block, at);
  };
  const auto entries_at = [&](std::size_t at) {
    const std::size_t room = at + 2 < block.size() ? (block.size() - at - 2) / kEntry : 0;
    return std::min<std::size_t>(number16(at), room);
  };
  constexpr std::size_t kFirstAt = 4;
  const std::size_t first = number32(kFirstAt);
  const std::size_t thumbnail = number32(first + 2 + kEntry * entries_at(first));
  std::vector<std::size_t> directories{first, thumbnail};
  std::size_t looks = 0;
  while (!directories.empty()) {
    const std::size_t at = directories.back();
    directories.pop_back();
    const std::size_t entries = entries_at(at);
    looks += 1 + entries;
    if (looks > kMostEntries) {
      return false;
    }
    for (std::size_t i = 0; i < entries; ++i) {
      const std::size_t entry = at + 2 + kEntry * i;
      if (names_a_directory(number16(entry))) {
        directories.push_back(number32(entry + 8));
      }
    }
  }
  return true;
}

}  // namespace sightingd
