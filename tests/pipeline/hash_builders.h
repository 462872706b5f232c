#pragma once

#include "pipeline/similarity/hash_index.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace sightingd::test {

inline PdqHash random_hash(std::mt19937_64& random) {
  return {{random(), random(), random(), random()}};
}

inline void flip(PdqHash& hash, std::size_t bit) {
  hash.words[bit / 64] ^= std::uint64_t{1} << bit % 64;
}

inline PdqHash with_bits_flipped(PdqHash hash, int bits, std::mt19937_64& random) {
  std::vector<std::size_t> places(256);
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::ranges::shuffle(places, random);
  for (int i = 0; i < bits; ++i) {
    flip(hash, places[static_cast<std::size_t>(i)]);
  }
  return hash;
}

/// What an index must answer, by looking at every hash.
inline std::vector<HashIndex::Match> brute_force(const std::vector<HashIndex::Entry>& entries,
                                                 const PdqHash& hash, int radius) {
  std::vector<HashIndex::Match> matches;
  for (const HashIndex::Entry& entry : entries) {
    const int bits = distance(entry.hash, hash);
    if (bits <= radius) {
      matches.push_back({entry.ordinal, bits});
    }
  }
  std::ranges::sort(matches, {}, [](const HashIndex::Match& match) {
    return std::pair(match.distance, match.ordinal);
  });
  return matches;
}

}  // namespace sightingd::test
