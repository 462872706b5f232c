#include "pipeline/similarity/hash_rows.h"

#include "pipeline/similarity/instruction_versions.h"

namespace sightingd {
namespace {

using Half = HashRows::Half;

SIGHTINGD_VERSIONS
void scan_halves(const Half* low, const Half* high, std::size_t size, Half query_low,
                 Half query_high, int radius, std::vector<std::uint32_t>& found) {
  for (std::size_t i = 0; i < size; ++i) {
    const int first = __builtin_popcountll(low[i][0] ^ query_low[0]) +
                      __builtin_popcountll(low[i][1] ^ query_low[1]);
    if (first > radius) {
      continue;
    }
    const int second = __builtin_popcountll(high[i][0] ^ query_high[0]) +
                       __builtin_popcountll(high[i][1] ^ query_high[1]);
    if (first + second <= radius) {
      found.push_back(static_cast<std::uint32_t>(i));
    }
  }
}

}  // namespace

void HashRows::reserve(std::size_t size) {
  low.reserve(size);
  high.reserve(size);
  ordinals.reserve(size);
}

void HashRows::push_back(std::uint64_t ordinal, const PdqHash& hash) {
  low.push_back({hash.words[0], hash.words[1]});
  high.push_back({hash.words[2], hash.words[3]});
  ordinals.push_back(ordinal);
}

void HashRows::erase(std::size_t position) {
  const auto at = static_cast<std::ptrdiff_t>(position);
  low.erase(low.begin() + at);
  high.erase(high.begin() + at);
  ordinals.erase(ordinals.begin() + at);
}

PdqHash HashRows::hash_at(std::size_t position) const {
  return {{low[position][0], low[position][1], high[position][0], high[position][1]}};
}

std::size_t HashRows::bytes() const {
  return (low.capacity() + high.capacity()) * sizeof(Half) +
         ordinals.capacity() * sizeof(std::uint64_t);
}

void scan(const HashRows& rows, const PdqHash& hash, int radius,
          std::vector<std::uint32_t>& found) {
  scan_halves(rows.low.data(), rows.high.data(), rows.size(), {hash.words[0], hash.words[1]},
              {hash.words[2], hash.words[3]}, radius, found);
}

}  // namespace sightingd
