#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sightingd {

/// Whether `text` is well-formed UTF-8 (Unicode 15, table 3-7: no overlong form, no surrogate,
/// nothing above U+10FFFF).
bool is_utf8(std::string_view text);

/// `text` with U+FFFD in the place of each byte that belongs to no well-formed character.
std::string repair_utf8(std::string_view text);

/// The longest beginning of well-formed `text` that has at most `max_bytes` bytes and ends
/// between two characters.
std::string_view cut_utf8(std::string_view text, std::size_t max_bytes);

}  // namespace sightingd
