#pragma once

#include <cstdint>
#include <string_view>

namespace sightingd::test::mastodon {

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every machine and library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }
  /// From 0 to `bound` - 1; `bound` is not 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  /// From 0 to 1, without 1.
  double unit() { return static_cast<double>(next() >> 11U) * 0x1p-53; }

 private:
  std::uint64_t state_;
};

/// FNV-1a, to make a seed of a text.
inline std::uint64_t seed_of(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  }
  return hash;
}

}  // namespace sightingd::test::mastodon
