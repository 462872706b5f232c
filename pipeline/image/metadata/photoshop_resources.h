#pragma once

#include <string_view>
#include <vector>

namespace sightingd {

/// What Photoshop's image resources carry of other kinds of metadata, not parsed.
struct PhotoshopResources {
  std::vector<std::string_view> iptc;  ///< Resource 0x0404: IPTC-NAA records.
  std::vector<std::string_view> exif;  ///< 0x0422: TIFF blocks. No viewer obeys their orientation.
  std::vector<std::string_view> xmp;   ///< 0x0424: packets.
};

/// Walks a block of image resources (Adobe Photoshop File Formats Specification, "Image Resource
/// Blocks") up to where it is damaged, and adds what it holds to `found` as views into it: none
/// empty, at most kMostCarriers of each kind. A block that is a bare IPTC-NAA record counts as one
/// that holds it.
void add_resources(std::string_view block, PhotoshopResources& found);

}  // namespace sightingd
