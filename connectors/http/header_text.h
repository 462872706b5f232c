#pragma once

#include <string>
#include <string_view>

namespace sightingd {

/// Letters of ASCII in lower case, all else unchanged. Locale-free.
std::string lower_ascii(std::string_view text);

/// Without spaces, tabs and line ends on either side.
std::string_view trim(std::string_view text);

/// True when nothing in `text` would end a header line: no control character but the tab.
bool is_one_line(std::string_view text);

}  // namespace sightingd
