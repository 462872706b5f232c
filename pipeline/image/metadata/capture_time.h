#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// When a picture was taken, as RFC 3339 local time: "2026-01-31T18:22:10.120+08:00", to the
/// millisecond where a fraction was written, with an offset only where one was written.
///
/// `date_time` is "2026:01:31 18:22:10" (EXIF) or "2026-01-31T18:22:10" (XMP); `fraction` its
/// digits after the decimal point; `offset` "+08:00" or "Z". A fraction or offset that cannot
/// be read counts as not written. Nothing for a date or time that does not exist.
std::optional<std::string> capture_time(std::string_view date_time, std::string_view fraction,
                                        std::string_view offset);

/// The same from one text of ISO 8601 (XMP): "2026-01-31T18:22:10.12+08:00".
std::optional<std::string> capture_time(std::string_view iso);

}  // namespace sightingd
