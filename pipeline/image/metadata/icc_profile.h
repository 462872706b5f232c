#pragma once

#include <string_view>

namespace sightingd {

/// The largest colour profile that is kept; printers' are below 2 MiB, cameras' below 4 KiB.
inline constexpr std::size_t kLargestIccProfile = 4U << 20U;

/// Whether the bytes are one whole ICC profile (ICC.1:2010, section 7): its size, its
/// signature, and every tag within it. What is not is no colour profile and must not be kept.
bool is_icc_profile(std::string_view bytes);

}  // namespace sightingd
