#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sightingd {

/// Two lower-case hex digits a byte.
std::string hex_of(std::span<const std::uint8_t> bytes);

/// Fills `bytes` from exactly two hex digits (of either case) each; false on anything else.
bool read_hex(std::string_view hex, std::span<std::uint8_t> bytes);

}  // namespace sightingd
