#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// A 256-bit PDQ fingerprint of a picture (Meta, ThreatExchange; "The TMK+PDQF Video-Hashing
/// Algorithm and the PDQ Image-Hashing Algorithm"). Bit 0 is the lowest bit of word 0.
///
/// It says "probably the same picture"; it says nothing about who is in it.
struct PdqHash {
  std::array<std::uint64_t, 4> words{};

  friend bool operator==(const PdqHash&, const PdqHash&) = default;
};

/// Number of differing bits, 0 to 256.
int distance(const PdqHash& a, const PdqHash& b) noexcept;

/// 64 lower-case hex digits, bit 255 first: the form hash-sharing programmes exchange.
std::string to_hex(const PdqHash& hash);

/// Reads exactly 64 hex digits of either case.
std::optional<PdqHash> pdq_from_hex(std::string_view hex);

}  // namespace sightingd
