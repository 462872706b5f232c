#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sightingd {

/// The largest colour profile that is kept; printers' are below 2 MiB, cameras' below 4 KiB.
inline constexpr std::size_t kLargestIccProfile = 4U << 20U;

/// What may stay of an ICC profile (ICC.1:2010, section 7): all of it, byte for byte, or nothing.
///
/// Empty when it is none: its size, its signature, a tag or more, each within it and of a sensible
/// size, nothing in the header where the standard wants zeros, nothing between the tags. Empty too
/// when it has a tag that neither the standard nor calibration knows, or a display's serial number.
std::string kept_colour_profile(std::string_view bytes);

}  // namespace sightingd
