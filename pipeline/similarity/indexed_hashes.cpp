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

/// The position of the one bit of `word` that has `below` ones below it. Without a branch: where it
/// is is not predictable.
SIGHTINGD_IN_EACH_VERSION unsigned select(std::uint64_t word, unsigned below) {
  unsigned position = 0;
  for (unsigned width = 32; width > 0; width /= 2) {
    const std::uint64_t lower = word & ((std::uint64_t{1} << width) - 1);
    const auto ones = static_cast<unsigned>(__builtin_popcountll(lower));
    const bool is_above = ones <= below;
    position += is_above ? width : 0;
    below -= is_above ? ones : 0;
    word = is_above ? word >> width : lower;
  }
  return position;
}

/// 64 bits from `position` on, of which the word behind is readable.
SIGHTINGD_IN_EACH_VERSION std::uint64_t bits_at(const std::uint64_t* words, std::size_t position) {
  const std::size_t word = position / 64;
  const unsigned shift = position % 64;
  return words[word] >> shift | words[word + 1] << 1 << (63 - shift);
}

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

  template <typename Visit>
  void for_each_value(const Chunk& chunk, Visit visit) const;
  void part_rows(const Chunk& chunk);
  void sort_part(std::size_t number, std::size_t part);

  IndexedHashes& hashes_;
  std::unique_ptr<Row[]> rows_;
  std::vector<std::uint32_t> part_ends_;
  std::vector<std::uint32_t> places_;  ///< Of the values of a part: where the next one goes.
};

void IndexedHashes::Builder::build(std::size_t number) {
  part_rows(hashes_.chunks_[number]);
  for (std::size_t part = 0; part < part_ends_.size(); ++part) {
    sort_part(number, part);
  }
  // The end is as good as a first.
  const std::size_t size = hashes_.rows_.size();
  hashes_.firsts_[number * hashes_.words_of_firsts() + size / 64] |= std::uint64_t{1} << size % 64;
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

void IndexedHashes::Builder::sort_part(std::size_t number, std::size_t part) {
  const Chunk& chunk = hashes_.chunks_[number];
  const std::uint32_t begin = part == 0 ? 0 : part_ends_[part - 1];
  const std::uint32_t end = part_ends_[part];
  const std::size_t values = std::size_t{1} << std::min(chunk.bits, kBitsInAPart);
  std::fill_n(places_.begin(), values, 0);
  for (std::uint32_t i = begin; i < end; ++i) {
    ++places_[rows_[i].value];
  }
  Block* block = &hashes_.blocks_[chunk.first_block + part * (values / kValuesInABlock)];
  std::uint64_t* const firsts = &hashes_.firsts_[number * hashes_.words_of_firsts()];
  std::uint32_t place = begin;
  for (std::size_t value = 0; value < values; ++block) {
    *block = {.start = place, .occupied = 0};
    for (unsigned i = 0; i < kValuesInABlock; ++i, ++value) {
      const std::uint32_t count = std::exchange(places_[value], place);
      const std::uint32_t occurs = count != 0 ? 1 : 0;
      block->occupied |= occurs << i;
      firsts[place / 64] |= std::uint64_t{occurs} << place % 64;
      place += count;
    }
  }
  std::uint32_t* const positions = hashes_.positions_of(number);
  for (std::uint32_t i = begin; i < end; ++i) {
    positions[places_[rows_[i].value]++] = rows_[i].position;
  }
}

/// Each step of a search is done for many values before the next step, so that the processor waits
/// for many places in memory at once.
class IndexedHashes::Search {
 public:
  static void run(const IndexedHashes& hashes, const PdqHash& hash, int radius,
                  std::vector<std::uint32_t>& found);

 private:
  /// Neighbours in the table of a chunk: the positions of the hashes that have one value.
  struct Run {
    const std::uint32_t* begin;
    std::size_t size;
  };
  static constexpr std::size_t kMostValues = numbers_within_2(kMostBits);
  static constexpr std::size_t kMostRuns = kMostChunks * kMostValues;
  static constexpr std::size_t kTogether = 256;

  static std::size_t occurring(const Block* blocks, std::uint32_t sought,
                               std::span<const std::uint32_t> differences, std::uint32_t* values);
  static Run run_of(const Block* blocks, const std::uint64_t* firsts,
                    const std::uint32_t* positions, std::uint32_t value);
  static void compare(const HashRows& rows, const PdqHash& hash, int radius,
                      std::span<const std::uint32_t> positions, std::vector<std::uint32_t>& found);
};

/// Sets `values` to those that occur among all that differ from `sought` by one of `differences`,
/// and says how many they are. Without a branch: whether a value occurs is not predictable.
SIGHTINGD_IN_EACH_VERSION std::size_t IndexedHashes::Search::occurring(
    const Block* blocks, std::uint32_t sought, std::span<const std::uint32_t> differences,
    std::uint32_t* values) {
  std::size_t count = 0;
  for (const std::uint32_t difference : differences) {
    const std::uint32_t value = sought ^ difference;
    values[count] = value;
    count += blocks[value / kValuesInABlock].occupied >> value % kValuesInABlock & 1U;
  }
  return count;
}

/// The run of a value that occurs: in the n-th place of its block when n others do below it.
SIGHTINGD_IN_EACH_VERSION IndexedHashes::Search::Run IndexedHashes::Search::run_of(
    const Block* blocks, const std::uint64_t* firsts, const std::uint32_t* positions,
    std::uint32_t value) {
  const Block block = blocks[value / kValuesInABlock];
  const std::uint32_t lower = (std::uint32_t{1} << value % kValuesInABlock) - 1;
  auto skip = static_cast<unsigned>(__builtin_popcount(block.occupied & lower));
  std::size_t begin = block.start;
  std::uint64_t window = bits_at(firsts, begin);
  for (;;) {
    const auto runs = static_cast<unsigned>(__builtin_popcountll(window));
    if (runs > skip) {
      break;
    }
    skip -= runs;
    begin += 64;
    window = bits_at(firsts, begin);
  }
  const unsigned in_window = select(window, skip);
  std::size_t end = begin + in_window + 1;
  window = window >> in_window >> 1;
  if (window == 0) {
    end = begin + 64;
    while ((window = bits_at(firsts, end)) == 0) {
      end += 64;
    }
  }
  begin += in_window;
  end += static_cast<unsigned>(__builtin_ctzll(window));
  return {positions + begin, end - begin};
}

SIGHTINGD_IN_EACH_VERSION void IndexedHashes::Search::compare(
    const HashRows& rows, const PdqHash& hash, int radius, std::span<const std::uint32_t> positions,
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
  std::array<Run, kMostRuns> runs;
  std::size_t run_count = 0;
  for (std::size_t number = 0; number < hashes.chunks_.size(); ++number) {
    const Chunk& chunk = hashes.chunks_[number];
    const auto differences = differences_of(hashes.chunks_.size(), number, chunk.bits, radius);
    const Block* const blocks = &hashes.blocks_[chunk.first_block];
    std::array<std::uint32_t, kMostValues> values;
    const std::size_t value_count =
        occurring(blocks, chunk.value_in(hash.words[chunk.word], hash.words[chunk.next_word]),
                  differences, values.data());
    for (std::size_t i = 0; i < value_count; ++i) {
      const Run run = run_of(blocks, &hashes.firsts_[number * hashes.words_of_firsts()],
                             hashes.positions_of(number), values[i]);
      __builtin_prefetch(run.begin);
      runs[run_count++] = run;
    }
  }
  std::array<std::uint32_t, kTogether> positions;
  std::size_t count = 0;
  for (std::size_t i = 0; i < run_count; ++i) {
    for (std::size_t k = 0; k < runs[i].size; ++k) {
      positions[count] = runs[i].begin[k];
      __builtin_prefetch(&hashes.rows_.low[positions[count]]);
      if (++count == kTogether) {
        compare(hashes.rows_, hash, radius, positions, found);
        count = 0;
      }
    }
  }
  compare(hashes.rows_, hash, radius, std::span(positions).first(count), found);
}

std::size_t IndexedHashes::chunks_for(std::size_t size) {
  struct Step {
    std::size_t below;
    std::size_t chunks;
  };
  static constexpr std::array kSteps{Step{20'000, 16}, Step{60'000, 14}, Step{500'000, 13},
                                     Step{2'000'000, 12}};
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
      firsts_(chunks_.size() * words_of_firsts()),
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
                  .first_block = blocks};
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
         blocks_.capacity() * sizeof(Block) + firsts_.capacity() * sizeof(std::uint64_t) +
         chunks_.size() * rows_.size() * sizeof(std::uint32_t);
}

}  // namespace sightingd
