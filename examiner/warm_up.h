#pragma once

#include <array>
#include <string_view>

namespace sightingd {

/// A tiny picture of every kind that is handled, with EXIF and XMP where the kind has room for
/// them.
std::array<std::string_view, 6> warm_up_pictures();

}  // namespace sightingd
