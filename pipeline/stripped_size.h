#pragma once

#include <cstdint>
#include <string_view>

/// How large a picture may become when it is stripped.
namespace sightingd {

/// Stripped bytes may exceed the received ones by this: a rewritten orientation or header.
inline constexpr std::uint64_t kStrippedSlack = 64ULL << 10U;
/// And those of TIFF by this: its pictures are packed anew.
inline constexpr std::uint64_t kTiffSlack = 4ULL << 20U;

/// By the first four bytes.
inline bool begins_as_tiff(std::string_view bytes) {
  using std::string_view_literals::operator""sv;
  return bytes.starts_with("II*\0"sv) || bytes.starts_with("MM\0*"sv);
}

/// The most bytes that can come of `bytes`.
inline std::uint64_t most_stripped(std::string_view bytes) {
  return bytes.size() + (begins_as_tiff(bytes) ? kTiffSlack : kStrippedSlack);
}

}  // namespace sightingd
