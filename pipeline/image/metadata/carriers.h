#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// What a file carries beside its picture and is worth reading, cut out and not yet parsed.
struct Carriers {
  std::vector<std::string> exif;       ///< TIFF blocks, without the "Exif\0\0" before them.
  std::vector<std::string> xmp;        ///< Packets.
  std::vector<std::string> photoshop;  ///< Image resources ("8BIM"), or a bare IPTC-NAA record.
  bool has_c2pa = false;               ///< A C2PA manifest store is embedded.
};

/// The most that one carrier may hold once it is put together or inflated; larger ones are
/// not read. Extended XMP with depth maps stays below it.
inline constexpr std::size_t kLargestCarrier = 4U << 20U;

/// The most carriers of one sort that are read: programs write one, and a second where an
/// older one was left. Each costs its parser some 20 ms at worst.
inline constexpr std::size_t kMostCarriers = 4;

/// The most that the carriers of a file may inflate to, all together: a file of any size costs
/// no more than some 10 ms before a single byte of its picture is looked at.
inline constexpr std::size_t kMostInflated = 2 * kLargestCarrier;

/// Keeps an EXIF block with or without its "Exif\0\0", if it is one of the first.
inline void add_exif(Carriers& carriers, std::string_view block) {
  constexpr std::string_view kHeader("Exif\0\0", 6);
  if (block.starts_with(kHeader)) {
    block.remove_prefix(kHeader.size());
  }
  if (!block.empty() && block.size() <= kLargestCarrier && carriers.exif.size() < kMostCarriers) {
    carriers.exif.emplace_back(block);
  }
}

/// Keeps an XMP packet, if it is one of the first.
inline void add_xmp(Carriers& carriers, std::string_view packet) {
  if (!packet.empty() && packet.size() <= kLargestCarrier && carriers.xmp.size() < kMostCarriers) {
    carriers.xmp.emplace_back(packet);
  }
}

/// Keeps a block of Photoshop's image resources, if it is one of the first.
inline void add_photoshop(Carriers& carriers, std::string_view block) {
  if (!block.empty() && block.size() <= kLargestCarrier &&
      carriers.photoshop.size() < kMostCarriers) {
    carriers.photoshop.emplace_back(block);
  }
}

}  // namespace sightingd
