#include "pipeline/similarity/indexed_hashes.h"

#include "pipeline/similarity/instruction_versions.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace sightingd {
namespace {

using Half = HashRows::Half;

constexpr unsigned kBits = 256;
constexpr unsigned kValuesInABlock = 32;

/// The numbers with at most two of the lowest kMostBits bits set, those of fewer bits first: what
/// a chunk of any width may differ by.
constexpr unsigned kMostBits = 24;
constexpr std::size_t numbers_within_2(unsigned bits) { return 1 + bits + bits * (bits - 1) / 2; }
constexpr auto kWithin2 = [] {
  std::array<std::uint32_t, numbers_within_2(kMostBits)> numbers{};
  std::size_t size = 1;
  for (unsigned high = 0; high < kMostBits; ++high) {
    numbers[size++] = std::uint32_t{1} << high;
    for (unsigned low = 0; low < high; ++low) {
      numbers[size++] = std::uint32_t{1} << high | std::uint32_t{1} << low;
    }
  }
  return numbers;
}();
constexpr auto kWithin1 = [] {
  std::array<std::uint32_t, 1 + kMostBits> numbers{};
  for (unsigned i = 0; i < kMostBits; ++i) {
    numbers[1 + i] = std::uint32_t{1} << i;
  }
  return numbers;
}();

static_assert((kBits + IndexedHashes::kFewestChunks - 1) / IndexedHashes::kFewestChunks <=
              kMostBits);
static_assert(IndexedHashes::kMostRadius + 1 <= 3 * IndexedHashes::kFewestChunks);

/// What a value of a chunk is looked up with besides itself. The radii of all chunks, each with one
/// added, share out the whole radius with one added, the wide chunks first.
SIGHTINGD_IN_EACH_VERSION std::span<const std::uint32_t> differences_of(std::size_t chunks,
                                                                        std::size_t chunk,
                                                                        unsigned bits, int radius) {
  const auto whole = static_cast<std::size_t>(radius) + 1;
  const std::size_t share = whole / chunks + (chunk < whole % chunks ? 1 : 0);
  if (share == 3) {
    return std::span(kWithin2).first(numbers_within_2(bits));
  }
  return std::span(kWithin1).first(share == 2 ? 1 + bits : share);
}

}  // namespace

std::uint32_t IndexedHashes::Chunk::value_in(std::uint64_t low, std::uint64_t high) const {
  const std::uint64_t value = low >> shift | high << 1 << (63 - shift);
  return static_cast<std::uint32_t>(value & ((std::uint64_t{1} << bits) - 1));
}

/// Sorts the positions by the value of a chunk: first into parts by the highest bits, so that the
/// rest of the work stays within the processor's cache.
class IndexedHashes::Builder {
 public:
  explicit Builder(IndexedHashes& hashes)
      : hashes_(hashes),
        rows_(std::make_unique_for_overwrite<Row[]>(hashes.rows_.size())),
        places_(std::size_t{1} << kBitsInAPart) {}

  void build(std::size_t number);

 private:
  static constexpr unsigned kBitsInAPart = 16;
  struct Row {
    std::uint32_t value = 0;
    std::uint32_t position = 0;
  };

  /// Where the next position of a crowd goes.
  struct CrowdPlace {
    std::uint32_t next = 0;
    std::uint32_t left_in_place = kMostInPlace;
  };
  static constexpr std::uint32_t kIsCrowd = std::uint32_t{1} << 31;

  template <typename Visit>
  void for_each_value(const Chunk& chunk, Visit visit) const;
  void part_rows(const Chunk& chunk);
  void count_part(std::size_t begin, std::size_t end);
  void lay_out_part(Chunk& chunk, std::size_t part);
  std::uint32_t make_crowd(Chunk& chunk, std::uint32_t value, std::uint32_t count);
  void place_in_crowd(const Chunk& chunk, std::size_t crowd, std::uint32_t position);

  IndexedHashes& hashes_;
  std::unique_ptr<Row[]> rows_;
  std::vector<std::uint32_t> part_ends_;
  /// Of each value of a part: how many rows have it, and then where the next one goes, or its
  /// number among the crowds.
  std::vector<std::uint32_t> places_;
  std::uint32_t* positions_ = nullptr;
  std::uint32_t next_ = 0;          ///< What is in place grows from the begin,
  std::uint32_t crowds_start_ = 0;  ///< and the crowds from the end.
  std::vector<CrowdPlace> crowd_places_;
};

void IndexedHashes::Builder::build(std::size_t number) {
  Chunk& chunk = hashes_.chunks_[number];
  part_rows(chunk);
  positions_ = hashes_.positions_of(number);
  next_ = 0;
  crowds_start_ = static_cast<std::uint32_t>(hashes_.rows_.size());
  crowd_places_.clear();
  std::size_t begin = 0;
  for (std::size_t part = 0; part < part_ends_.size(); ++part) {
    const std::size_t end = part_ends_[part];
    count_part(begin, end);
    lay_out_part(chunk, part);
    for (; begin < end; ++begin) {
      std::uint32_t& place = places_[rows_[begin].value];
      if ((place & kIsCrowd) != 0) {
        place_in_crowd(chunk, place & ~kIsCrowd, rows_[begin].position);
      } else {
        positions_[place++] = rows_[begin].position;
      }
    }
  }
}

template <typename Visit>
void IndexedHashes::Builder::for_each_value(const Chunk& chunk, Visit visit) const {
  const auto half_of = [this](std::size_t word) {
    return (word < 2 ? hashes_.rows_.low : hashes_.rows_.high).data();
  };
  const Half* const halves = half_of(chunk.word);
  const Half* const next_halves = half_of(chunk.next_word);
  for (std::size_t i = 0; i < hashes_.rows_.size(); ++i) {
    visit(i, chunk.value_in(halves[i][chunk.word % 2], next_halves[i][chunk.next_word % 2]));
  }
}

void IndexedHashes::Builder::part_rows(const Chunk& chunk) {
  const unsigned part_bits = chunk.bits > kBitsInAPart ? chunk.bits - kBitsInAPart : 0;
  part_ends_.assign(std::size_t{1} << part_bits, 0);
  for_each_value(chunk,
                 [this](std::size_t, std::uint32_t value) { ++part_ends_[value >> kBitsInAPart]; });
  std::uint32_t begin = 0;
  for (std::uint32_t& end : part_ends_) {
    begin += std::exchange(end, begin);
  }
  for_each_value(chunk, [this](std::size_t i, std::uint32_t value) {
    rows_[part_ends_[value >> kBitsInAPart]++] = {.value = value & ((1U << kBitsInAPart) - 1),
                                                  .position = static_cast<std::uint32_t>(i)};
  });
}

void IndexedHashes::Builder::count_part(std::size_t begin, std::size_t end) {
  std::ranges::fill(places_, 0);
  for (; begin < end; ++begin) {
    ++places_[rows_[begin].value];
  }
}

void IndexedHashes::Builder::lay_out_part(Chunk& chunk, std::size_t part) {
  const std::size_t values = std::size_t{1} << std::min(chunk.bits, kBitsInAPart);
  Block* block = &hashes_.blocks_[chunk.first_block + part * (values / kValuesInABlock)];
  for (std::size_t first = 0; first < values; first += kValuesInABlock) {
    Block made{.start = next_, .counts = {}};
    for (unsigned i = 0; i < kValuesInABlock; ++i) {
      const std::uint32_t count = std::exchange(places_[first + i], next_);
      const std::uint32_t in_place = std::min(count, kMostInPlace);
      for (unsigned bit = 0; bit < made.counts.size(); ++bit) {
        made.counts[bit] |= (in_place >> bit & 1U) << i;
      }
      if (count > kMostInPlace) {
        const std::size_t value = (part << kBitsInAPart) + first + i;
        places_[first + i] = kIsCrowd | make_crowd(chunk, static_cast<std::uint32_t>(value), count);
      }
      next_ += in_place;
    }
    *block++ = made;
  }
}

std::uint32_t IndexedHashes::Builder::make_crowd(Chunk& chunk, std::uint32_t value,
                                                 std::uint32_t count) {
  crowds_start_ -= count - kMostInPlace;
  chunk.crowds.push_back({.value = value, .start = crowds_start_, .size = count - kMostInPlace});
  crowd_places_.push_back({.next = next_});
  return static_cast<std::uint32_t>(chunk.crowds.size() - 1);
}

void IndexedHashes::Builder::place_in_crowd(const Chunk& chunk, std::size_t crowd,
                                            std::uint32_t position) {
  CrowdPlace& place = crowd_places_[crowd];
  positions_[place.next++] = position;
  if (place.left_in_place > 0 && --place.left_in_place == 0) {
    place.next = chunk.crowds[crowd].start;
  }
}

/// Each step of a search is done for many values before the next step, so that the processor waits
/// for many places in memory at once.
class IndexedHashes::Search {
 public:
  static void run(const IndexedHashes& hashes, const PdqHash& hash, int radius,
                  std::vector<std::uint32_t>& found);

 private:
  using Positions = std::span<const std::uint32_t>;
  /// Positions, and nothing when made: most of many are never used.
  struct Candidates {
    const std::uint32_t* begin;
    std::size_t size;
  };
  static constexpr std::size_t kMostValues = numbers_within_2(kMostBits);
  static constexpr std::size_t kTogether = 256;

  static std::size_t occurring(const Block* blocks, std::uint32_t sought,
                               std::span<const std::uint32_t> differences, std::uint32_t* values);
  static Positions in_place(const Block* blocks, const std::uint32_t* positions,
                            std::uint32_t value);
  static Positions crowd(const Chunk& chunk, const std::uint32_t* positions, std::uint32_t value);
  static void compare(const HashRows& rows, const PdqHash& hash, int radius, Positions positions,
                      std::vector<std::uint32_t>& found);
};

/// Sets `values` to those that occur among all that differ from `sought` by one of `differences`,
/// and says how many they are. Without a branch: whether a value occurs is not predictable.
SIGHTINGD_IN_EACH_VERSION std::size_t IndexedHashes::Search::occurring(
    const Block* blocks, std::uint32_t sought, std::span<const std::uint32_t> differences,
    std::uint32_t* values) {
  std::size_t count = 0;
  for (const std::uint32_t difference : differences) {
    const std::uint32_t value = sought ^ difference;
    const auto& counts = blocks[value / kValuesInABlock].counts;
    values[count] = value;
    count += (counts[0] | counts[1] | counts[2]) >> value % kValuesInABlock & 1U;
  }
  return count;
}

SIGHTINGD_IN_EACH_VERSION IndexedHashes::Search::Positions IndexedHashes::Search::in_place(
    const Block* blocks, const std::uint32_t* positions, std::uint32_t value) {
  const Block& block = blocks[value / kValuesInABlock];
  const unsigned bit = value % kValuesInABlock;
  const std::uint32_t lower = (std::uint32_t{1} << bit) - 1;
  std::uint32_t begin = block.start;
  std::uint32_t size = 0;
  for (unsigned i = 0; i < block.counts.size(); ++i) {
    begin += static_cast<std::uint32_t>(__builtin_popcount(block.counts[i] & lower)) << i;
    size |= (block.counts[i] >> bit & 1U) << i;
  }
  return {positions + begin, size};
}

IndexedHashes::Search::Positions IndexedHashes::Search::crowd(const Chunk& chunk,
                                                              const std::uint32_t* positions,
                                                              std::uint32_t value) {
  const auto found = std::ranges::lower_bound(chunk.crowds, value, {}, &Crowd::value);
  if (found == chunk.crowds.end() || found->value != value) {
    return {};
  }
  return {positions + found->start, found->size};
}

SIGHTINGD_IN_EACH_VERSION void IndexedHashes::Search::compare(const HashRows& rows,
                                                              const PdqHash& hash, int radius,
                                                              Positions positions,
                                                              std::vector<std::uint32_t>& found) {
  for (const std::uint32_t position : positions) {
    const Half& low = rows.low[position];
    const int first =
        __builtin_popcountll(low[0] ^ hash.words[0]) + __builtin_popcountll(low[1] ^ hash.words[1]);
    if (first > radius) {
      continue;
    }
    const Half& high = rows.high[position];
    const int second = __builtin_popcountll(high[0] ^ hash.words[2]) +
                       __builtin_popcountll(high[1] ^ hash.words[3]);
    if (first + second <= radius) {
      found.push_back(position);
    }
  }
}

SIGHTINGD_VERSIONS
void IndexedHashes::Search::run(const IndexedHashes& hashes, const PdqHash& hash, int radius,
                                std::vector<std::uint32_t>& found) {
  const std::size_t chunk_count = hashes.chunks_.size();
  std::array<Candidates, kMostChunks * kMostValues> candidates;
  std::size_t candidate_count = 0;
  for (std::size_t number = 0; number < chunk_count; ++number) {
    const Chunk& chunk = hashes.chunks_[number];
    const Block* const blocks = &hashes.blocks_[chunk.first_block];
    const std::uint32_t* const positions = hashes.positions_of(number);
    const std::uint32_t sought =
        chunk.value_in(hash.words[chunk.word], hash.words[chunk.next_word]);
    std::array<std::uint32_t, kMostValues> values;
    const std::size_t value_count = occurring(
        blocks, sought, differences_of(chunk_count, number, chunk.bits, radius), values.data());
    for (std::size_t i = 0; i < value_count; ++i) {
      const Positions found_in_place = in_place(blocks, positions, values[i]);
      __builtin_prefetch(found_in_place.data());
      candidates[candidate_count++] = {found_in_place.data(), found_in_place.size()};
      if (found_in_place.size() == kMostInPlace) {
        compare(hashes.rows_, hash, radius, crowd(chunk, positions, values[i]), found);
      }
    }
  }
  std::array<std::uint32_t, kTogether> together;
  std::size_t count = 0;
  for (std::size_t i = 0; i < candidate_count; ++i) {
    for (const std::uint32_t position : Positions(candidates[i].begin, candidates[i].size)) {
      __builtin_prefetch(&hashes.rows_.low[position]);
      together[count++] = position;
      if (count == kTogether) {
        compare(hashes.rows_, hash, radius, together, found);
        count = 0;
      }
    }
  }
  compare(hashes.rows_, hash, radius, Positions(together).first(count), found);
}

std::size_t IndexedHashes::chunks_for(std::size_t size) {
  struct Step {
    std::size_t below;
    std::size_t chunks;
  };
  static constexpr std::array kSteps{Step{40'000, 16}, Step{80'000, 15}, Step{400'000, 14},
                                     Step{1'500'000, 13}, Step{3'000'000, 12}};
  for (const Step& step : kSteps) {
    if (size < step.below) {
      return step.chunks;
    }
  }
  return kFewestChunks;
}

IndexedHashes::IndexedHashes(HashRows rows, std::size_t chunks)
    : rows_(std::move(rows)),
      chunks_(chunks),
      positions_(std::make_unique_for_overwrite<std::uint32_t[]>(chunks_.size() * rows_.size())) {
  unsigned start = 0;
  std::size_t blocks = 0;
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    const auto left = static_cast<unsigned>(chunks_.size() - i);
    const unsigned bits = (kBits - start + left - 1) / left;
    chunks_[i] = {.word = start / 64,
                  .next_word = (start + bits - 1) / 64,
                  .shift = start % 64,
                  .bits = bits,
                  .first_block = blocks,
                  .crowds = {}};
    start += bits;
    blocks += (std::size_t{1} << bits) / kValuesInABlock;
  }
  blocks_.resize(blocks);
  Builder builder(*this);
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    builder.build(i);
  }
}

void IndexedHashes::find(const PdqHash& hash, int radius, std::vector<std::uint32_t>& found) const {
  if (rows_.size() > 0) {
    Search::run(*this, hash, radius, found);
  }
}

std::size_t IndexedHashes::bytes() const {
  return sizeof(*this) + rows_.bytes() + chunks_.capacity() * sizeof(Chunk) +
         blocks_.capacity() * sizeof(Block) + chunks_.size() * rows_.size() * sizeof(std::uint32_t);
}

}  // namespace sightingd
