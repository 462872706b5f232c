#pragma once

#include "pipeline/similarity/pdq_hash.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sightingd {

/// Hashes with their ordinals, in flat arrays: 40 bytes a hash. Most hashes are ruled out by their
/// lower half, so the halves stand apart, and only half of the memory is read.
struct HashRows {
  using Half = std::array<std::uint64_t, 2>;

  std::vector<Half> low;   ///< Words 0 and 1.
  std::vector<Half> high;  ///< Words 2 and 3.
  std::vector<std::uint64_t> ordinals;

  std::size_t size() const { return ordinals.size(); }
  void reserve(std::size_t size);
  void push_back(std::uint64_t ordinal, const PdqHash& hash);
  void erase(std::size_t position);
  PdqHash hash_at(std::size_t position) const;
  /// Bytes in use, room to grow included.
  std::size_t bytes() const;
};

/// Appends to `found` the positions of all rows within `radius` (0 to 256) of `hash`, in ascending
/// order, by looking at every row: 1 ms a million.
void scan(const HashRows& rows, const PdqHash& hash, int radius, std::vector<std::uint32_t>& found);

}  // namespace sightingd
