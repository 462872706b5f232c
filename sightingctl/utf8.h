#pragma once

#include <string>
#include <string_view>

namespace sightingd {

/// `text` with every byte that is no part of well-formed UTF-8 replaced by U+FFFD: names of files
/// are bytes, JSON is not.
std::string valid_utf8(std::string_view text);

}  // namespace sightingd
