#include "pipeline/similarity/pdq_hash.h"

#include "pipeline/hex.h"

#include <bit>

namespace sightingd {

int distance(const PdqHash& a, const PdqHash& b) noexcept {
  int bits = 0;
  for (std::size_t i = 0; i < a.words.size(); ++i) {
    bits += std::popcount(a.words[i] ^ b.words[i]);
  }
  return bits;
}

std::string to_hex(const PdqHash& hash) {
  std::array<std::uint8_t, 32> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t bit = 8 * (31 - i);
    bytes[i] = static_cast<std::uint8_t>(hash.words[bit / 64] >> (bit % 64));
  }
  return hex_of(bytes);
}

std::optional<PdqHash> pdq_from_hex(std::string_view hex) {
  std::array<std::uint8_t, 32> bytes{};
  if (!read_hex(hex, bytes)) {
    return std::nullopt;
  }
  PdqHash hash;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t bit = 8 * (31 - i);
    hash.words[bit / 64] |= std::uint64_t{bytes[i]} << (bit % 64);
  }
  return hash;
}

}  // namespace sightingd
