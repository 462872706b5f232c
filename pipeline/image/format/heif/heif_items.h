#pragma once

#include "pipeline/image/or_reject.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// A property that an item is associated with (ISO/IEC 23008-12, 9.3).
struct HeifProperty {
  std::string_view type;
  std::string_view content;
  bool is_essential = false;  ///< Who does not know it must not show the item.
};

/// Something that the file consists of: a picture, a tile of one, a block of metadata.
struct HeifItem {
  std::string_view type;
  std::string_view content_type;  ///< Of items of type "mime".
  bool is_hidden = false;         ///< No picture to show by itself.
  std::vector<std::string_view> extents;
  std::vector<HeifProperty> properties;  ///< In the order in which they are applied.

  /// Its bytes; the first `most` of them.
  std::string data(std::size_t most) const;
  const HeifProperty* find(std::string_view property_type) const;
};

/// From one item to others: "dimg" from a grid to its tiles, "auxl" from alpha to its picture.
struct HeifReference {
  std::string_view type;
  std::uint32_t from = 0;
  std::vector<std::uint32_t> to;
};

/// The items of a HEIF file (ISO/IEC 23008-12; AVIF likewise), by their ids.
struct HeifItems {
  std::uint32_t primary = 0;  ///< The picture to show.
  std::map<std::uint32_t, HeifItem> items;
  std::vector<HeifReference> references;
};

/// More than this of anything in a file is not read: phones write some 800 tiles for 200
/// megapixels.
inline constexpr std::size_t kMostHeifItems = 10'000;

/// Reads the list of items of a file, which must outlive it. An extent lies within the file.
///
/// An item that lies in another file or in another item has no extents. Fails with Malformed
/// without a list of pictures or where it contradicts the file; with UnsupportedVariant where there
/// are too many items, or where there is only a sequence.
OrReject<HeifItems> read_heif_items(std::string_view file);

}  // namespace sightingd
