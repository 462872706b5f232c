#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// A SHA-256 digest (FIPS 180-4).
struct Sha256 {
  std::array<std::uint8_t, 32> bytes{};

  friend bool operator==(const Sha256&, const Sha256&) = default;
  friend auto operator<=>(const Sha256&, const Sha256&) = default;
};

/// Digests the concatenation of `head` and `tail`.
Sha256 sha256(std::string_view head, std::string_view tail = {});

/// 64 lower-case hex digits.
std::string to_hex(const Sha256& digest);

/// Reads exactly 64 hex digits of either case.
std::optional<Sha256> sha256_from_hex(std::string_view hex);

/// The digest's bytes as text, for concatenation and keys.
std::string_view as_text(const Sha256& digest);

/// The first 26 characters (130 bits) of the digest in lower-case RFC 4648 base32.
std::array<char, 26> base32_prefix(const Sha256& digest);

}  // namespace sightingd
