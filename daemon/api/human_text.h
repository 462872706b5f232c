#pragma once

#include <chrono>
#include <cstdint>
#include <string>

/// Numbers as people read them, in tables and on the status page.
namespace sightingd {

/// "45 s", "12 min", "3 h", "2 d": cut, not rounded; less than nothing is "0 s".
std::string duration_text(std::chrono::seconds duration);

/// In the unit that leaves one to five digits: "512 B", "9211 KiB".
std::string size_text(std::uint64_t bytes);

/// One decimal, cut, not rounded: "100.0 %" means that nothing is missing.
std::string percent_text(double ratio);

}  // namespace sightingd
