#pragma once

#include <array>
#include <string_view>

namespace sightingd {

/// A tiny picture of every kind that is handled; those of JPEG, PNG, WebP, GIF and TIFF with the
/// EXIF and XMP that their kind has room for.
std::array<std::string_view, 7> warm_up_pictures();

}  // namespace sightingd
