#include "pipeline/similarity/hash_index.h"

#include <algorithm>
#include <bit>
#include <utility>

// Baseline amd64 has no popcnt instruction, and without it a scan takes eight times as long:
// the compiler makes a version for each, chosen when the program is loaded. Sanitizers cannot
// instrument what runs that early.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SIGHTINGD_ONE_VERSION
#endif
#endif
#else
#define SIGHTINGD_ONE_VERSION
#endif
#ifdef SIGHTINGD_ONE_VERSION
#define SIGHTINGD_VERSIONS
#else
#define SIGHTINGD_VERSIONS [[gnu::target_clones("default", "popcnt", "arch=x86-64-v3")]]
#endif

namespace sightingd {
namespace {

using Half = std::array<std::uint64_t, 2>;

/// 9 chunks of 20 bits, then 4 of 19: 256 bits. Searched with radius 2 (six) and 1 (seven):
/// whatever differs by more in every chunk differs by at least 6 * 3 + 7 * 2 = 32 bits.
constexpr int kIndexedRadius = 31;
constexpr std::size_t kWideChunks = 9;
constexpr std::size_t kWideBits = 20;
constexpr std::size_t kNarrowBits = 19;
constexpr std::size_t kChunksOfRadius2 = 6;

constexpr std::size_t chunk_bits(std::size_t chunk) {
  return chunk < kWideChunks ? kWideBits : kNarrowBits;
}

constexpr std::size_t chunk_start(std::size_t chunk) {
  return chunk <= kWideChunks ? chunk * kWideBits
                              : kWideChunks * kWideBits + (chunk - kWideChunks) * kNarrowBits;
}

std::uint32_t chunk_value(const PdqHash& hash, std::size_t chunk) {
  const std::size_t start = chunk_start(chunk);
  const std::size_t word = start / 64;
  const std::size_t shift = start % 64;
  std::uint64_t bits = hash.words[word] >> shift;
  if (shift + chunk_bits(chunk) > 64) {
    bits |= hash.words[word + 1] << (64 - shift);
  }
  return static_cast<std::uint32_t>(bits & ((std::uint64_t{1} << chunk_bits(chunk)) - 1));
}

/// Appends the positions in [begin, end) within `radius` of the two halves. Most hashes are
/// ruled out by their first half, so that only half of the memory is read.
SIGHTINGD_VERSIONS
void scan(const Half* low, const Half* high, std::size_t begin, std::size_t end, Half query_low,
          Half query_high, int radius, std::vector<std::uint32_t>& found) {
  for (std::size_t i = begin; i < end; ++i) {
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

/// Calls `visit` for `value` and every value of `bits` bits that differs from it in at most
/// `radius` (1 or 2) of them.
template <typename Visit>
void for_each_near(std::uint32_t value, std::size_t bits, bool radius_2, Visit visit) {
  visit(value);
  for (std::size_t i = 0; i < bits; ++i) {
    const std::uint32_t one = value ^ (std::uint32_t{1} << i);
    visit(one);
    for (std::size_t j = i + 1; radius_2 && j < bits; ++j) {
      visit(one ^ (std::uint32_t{1} << j));
    }
  }
}

bool bit_at(const std::vector<std::uint64_t>& bits, std::size_t position) {
  return (bits[position / 64] >> (position % 64) & 1U) != 0;
}

void set_bit(std::vector<std::uint64_t>& bits, std::size_t position) {
  bits[position / 64] |= std::uint64_t{1} << (position % 64);
}

}  // namespace

HashIndex::HashIndex(const std::vector<Entry>& entries, std::size_t scan_limit)
    : scan_limit_(scan_limit) {
  low_.reserve(entries.size());
  high_.reserve(entries.size());
  ordinals_.reserve(entries.size());
  for (const Entry& entry : entries) {
    append(entry.ordinal, entry.hash);
  }
  rebuild_when_due();
}

void HashIndex::add(std::uint64_t ordinal, const PdqHash& hash) {
  append(ordinal, hash);
  rebuild_when_due();
}

void HashIndex::append(std::uint64_t ordinal, const PdqHash& hash) {
  low_.push_back({hash.words[0], hash.words[1]});
  high_.push_back({hash.words[2], hash.words[3]});
  ordinals_.push_back(ordinal);
  dead_.resize((ordinals_.size() + 63) / 64);
}

void HashIndex::remove(std::uint64_t ordinal) {
  const auto found = std::ranges::lower_bound(ordinals_, ordinal);
  if (found == ordinals_.end() || *found != ordinal) {
    return;
  }
  const auto position = static_cast<std::size_t>(found - ordinals_.begin());
  if (is_dead(position)) {
    return;
  }
  set_bit(dead_, position);
  ++dead_count_;
  if (dead_count_ > scan_limit_ && dead_count_ > ordinals_.size() / 2) {
    drop_dead();
    index_all();
  }
}

std::vector<HashIndex::Match> HashIndex::within(const PdqHash& hash, int radius) const {
  std::vector<std::uint32_t> found;
  std::size_t scan_from = 0;
  if (indexed_ > 0 && radius <= kIndexedRadius) {
    probe(hash, radius, found);
    scan_from = indexed_;
  }
  scan(low_.data(), high_.data(), scan_from, ordinals_.size(), {hash.words[0], hash.words[1]},
       {hash.words[2], hash.words[3]}, radius, found);
  std::vector<Match> matches;
  matches.reserve(found.size());
  for (const std::uint32_t position : found) {
    if (!is_dead(position)) {
      matches.push_back({ordinals_[position], distance(hash, hash_at(position))});
    }
  }
  std::ranges::sort(matches, [](const Match& a, const Match& b) {
    return std::pair(a.distance, a.ordinal) < std::pair(b.distance, b.ordinal);
  });
  // One hash may be near in several chunks.
  matches.erase(std::unique(matches.begin(), matches.end()), matches.end());
  return matches;
}

PdqHash HashIndex::hash_at(std::size_t position) const {
  return {{low_[position][0], low_[position][1], high_[position][0], high_[position][1]}};
}

bool HashIndex::is_dead(std::size_t position) const { return bit_at(dead_, position); }

void HashIndex::rebuild_when_due() {
  const std::size_t tail = ordinals_.size() - indexed_;
  if (tail >= std::max(scan_limit_, indexed_ / 4)) {
    drop_dead();
    index_all();
  }
}

void HashIndex::drop_dead() {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < ordinals_.size(); ++i) {
    if (!is_dead(i)) {
      low_[kept] = low_[i];
      high_[kept] = high_[i];
      ordinals_[kept] = ordinals_[i];
      ++kept;
    }
  }
  low_.resize(kept);
  high_.resize(kept);
  ordinals_.resize(kept);
  dead_.assign((kept + 63) / 64, 0);
  dead_count_ = 0;
}

void HashIndex::index_all() {
  indexed_ = ordinals_.size() < scan_limit_ ? 0 : ordinals_.size();
  for (std::size_t i = 0; i < kChunks; ++i) {
    chunks_[i] = {};
    if (indexed_ > 0) {
      build(chunks_[i], i);
    }
  }
}

void HashIndex::build(Chunk& chunk, std::size_t number) const {
  const std::size_t words = (std::size_t{1} << chunk_bits(number)) / 64;
  chunk.occupied.assign(words, 0);
  for (std::size_t i = 0; i < indexed_; ++i) {
    set_bit(chunk.occupied, chunk_value(hash_at(i), number));
  }
  chunk.ranks.resize(words);
  std::uint32_t rank = 0;
  for (std::size_t i = 0; i < words; ++i) {
    chunk.ranks[i] = rank;
    rank += static_cast<std::uint32_t>(std::popcount(chunk.occupied[i]));
  }
  const auto rank_of = [&](std::uint32_t value) {
    const std::uint64_t below = (std::uint64_t{1} << (value % 64)) - 1;
    return chunk.ranks[value / 64] +
           static_cast<std::uint32_t>(std::popcount(chunk.occupied[value / 64] & below));
  };
  // A counting sort: first how many have each value, then where each value begins.
  chunk.starts.assign(rank + 2, 0);
  for (std::size_t i = 0; i < indexed_; ++i) {
    ++chunk.starts[rank_of(chunk_value(hash_at(i), number)) + 2];
  }
  for (std::size_t i = 2; i < chunk.starts.size(); ++i) {
    chunk.starts[i] += chunk.starts[i - 1];
  }
  chunk.ids.resize(indexed_);
  for (std::size_t i = 0; i < indexed_; ++i) {
    const std::uint32_t value = rank_of(chunk_value(hash_at(i), number));
    chunk.ids[chunk.starts[value + 1]++] = static_cast<std::uint32_t>(i);
  }
  chunk.starts.pop_back();
}

void HashIndex::probe(const PdqHash& hash, int radius, std::vector<std::uint32_t>& found) const {
  std::vector<std::uint32_t> candidates;
  for (std::size_t number = 0; number < kChunks; ++number) {
    const Chunk& chunk = chunks_[number];
    for_each_near(chunk_value(hash, number), chunk_bits(number), number < kChunksOfRadius2,
                  [&](std::uint32_t value) {
                    const std::uint64_t word = chunk.occupied[value / 64];
                    const std::uint64_t bit = std::uint64_t{1} << (value % 64);
                    if ((word & bit) == 0) {
                      return;
                    }
                    const std::size_t rank =
                        chunk.ranks[value / 64] +
                        static_cast<std::size_t>(std::popcount(word & (bit - 1)));
                    candidates.insert(candidates.end(), chunk.ids.begin() + chunk.starts[rank],
                                      chunk.ids.begin() + chunk.starts[rank + 1]);
                  });
  }
  constexpr std::size_t kAhead = 12;  // Whole hashes are far apart in memory: fetch them early.
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (i + kAhead < candidates.size()) {
      __builtin_prefetch(&low_[candidates[i + kAhead]]);
    }
    const std::size_t at = candidates[i];
    scan(low_.data(), high_.data(), at, at + 1, {hash.words[0], hash.words[1]},
         {hash.words[2], hash.words[3]}, radius, found);
  }
}

}  // namespace sightingd
