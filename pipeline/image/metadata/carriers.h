#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// What a file carries beside its picture and is worth reading, cut out and not yet parsed.
struct Carriers {
  std::vector<std::string> exif;  ///< TIFF blocks, without the "Exif\0\0" before them.
  std::vector<std::string> xmp;   ///< Packets.
  bool has_c2pa = false;          ///< A C2PA manifest store is embedded.
};

/// The most that one carrier may hold once it is put together or inflated; larger ones are
/// not read. Extended XMP with depth maps stays below it.
inline constexpr std::size_t kLargestCarrier = 4U << 20U;

/// Keeps an EXIF block with or without its "Exif\0\0".
inline void add_exif(Carriers& carriers, std::string_view block) {
  constexpr std::string_view kHeader("Exif\0\0", 6);
  if (block.starts_with(kHeader)) {
    block.remove_prefix(kHeader.size());
  }
  if (block.size() <= kLargestCarrier) {
    carriers.exif.emplace_back(block);
  }
}

inline void add_xmp(Carriers& carriers, std::string_view packet) {
  if (packet.size() <= kLargestCarrier) {
    carriers.xmp.emplace_back(packet);
  }
}

}  // namespace sightingd
