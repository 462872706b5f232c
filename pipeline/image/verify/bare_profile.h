#pragma once

#include <string_view>

namespace sightingd::verify {

/// Whether each byte of a colour profile belongs to its header, its table or a tag that may stay,
/// but for short stretches of zeros and up to three bytes at the end.
bool is_bare_profile(std::string_view profile);

}  // namespace sightingd::verify
