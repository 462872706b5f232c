#pragma once

#include "connectors/source_options.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Quantities as the configuration writes them: a whole number and a unit, nothing between.
/// Reading gives nothing on anything else, and on what would overflow; writing uses the largest
/// unit that leaves a whole number.
namespace sightingd {

/// Units: s m h d y (of 365 days). At most 100 years, so that no sum of times overflows.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);
std::string format_duration(std::chrono::seconds duration);

/// Units: B kB MB GB TB (powers of 1000), KiB MiB GiB TiB (powers of 1024), in bytes.
std::optional<std::uint64_t> parse_size(std::string_view text);
std::string format_size(std::uint64_t bytes);

/// Units: px kP MP GP, in pixels.
std::optional<std::uint64_t> parse_pixels(std::string_view text);
std::string format_pixels(std::uint64_t pixels);

/// "300/15m": so many requests in each stretch of time. "200/d" is "200/1d". Neither is zero.
std::optional<RequestLimit> parse_rate(std::string_view text);
std::string format_rate(const RequestLimit& rate);

}  // namespace sightingd
