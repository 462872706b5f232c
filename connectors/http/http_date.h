#pragma once

#include "pipeline/time.h"

#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// Reads an HTTP date in any of the three forms that RFC 9110 section 5.6.7 demands:
/// "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994".
/// Two-digit years below 70 belong to this century. The name of the day is not checked against
/// the date. Locale-free; nothing on anything else.
std::optional<TimePoint> parse_http_date(std::string_view text);

/// Writes the first of these forms; what is below the second is cut.
std::string format_http_date(TimePoint time);

}  // namespace sightingd
