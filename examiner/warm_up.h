#pragma once

#include <array>
#include <string_view>

namespace sightingd {

/// A tiny picture of every kind that is handled; those of JPEG, PNG, WebP and GIF with the EXIF and
/// XMP that their kind has room for.
std::array<std::string_view, 6> warm_up_pictures();

}  // namespace sightingd
