#pragma once

#include "pipeline/similarity/hash_rows.h"
#include "pipeline/similarity/pdq_hash.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace sightingd {

/// Hashes that no longer change, laid out for finding those near another: multi-index hashing
/// (Norouzi, Punjani, Fleet: "Fast Search in Hamming Space with Multi-Index Hashing", CVPR 2012).
///
/// The 256 bits are cut into m chunks, and a table says which hashes have which value in a chunk.
/// A search for radius r looks up, in each chunk i, all values within a radius r_i of the sought
/// one, where the sum of all (r_i + 1) is r + 1. That misses nothing: a hash that is found in no
/// chunk differs in at least r_i + 1 bits of each, so in at least r + 1 bits of all. What is found
/// is then compared whole.
///
/// The table of a chunk holds the positions of the hashes, sorted by their value in that chunk, and
/// for each 32 values how many hashes have each, in three bits, and where their positions begin.
/// What is more than 7 of one value stands at the end. So a hash takes 40 bytes, and for each chunk
/// 4 bytes and some 4 bits where chunks have about log2(size) bits. Immutable: safe to use from any
/// thread.
class IndexedHashes {
 public:
  /// The widest radius that can be searched for.
  static constexpr int kMostRadius = 31;
  static constexpr std::size_t kFewestChunks = 11;  ///< Then no r_i is above 2.
  static constexpr std::size_t kMostChunks = 16;

  /// In how many chunks so many hashes are found fastest, as bench/index_bench measures it.
  static std::size_t chunks_for(std::size_t size);

  /// Lays out fewer than 2^31 rows in kFewestChunks to kMostChunks chunks. Takes 0.15 s a million
  /// rows, and 8 bytes a row more while it works.
  IndexedHashes(HashRows rows, std::size_t chunks);

  /// Appends to `found` the positions of all rows within `radius` (0 to kMostRadius) of `hash`, in
  /// any order, and some of them more than once.
  void find(const PdqHash& hash, int radius, std::vector<std::uint32_t>& found) const;

  const HashRows& rows() const { return rows_; }
  std::size_t bytes() const;

 private:
  /// The positions of hashes of which more than kMostInPlace have the same value: all others.
  struct Crowd {
    std::uint32_t value = 0;
    std::uint32_t start = 0;
    std::uint32_t size = 0;
  };
  /// Some bits of a hash.
  struct Chunk {
    std::size_t word = 0;       ///< Where its lowest bits are.
    std::size_t next_word = 0;  ///< Where its highest bits are; `word` or the one behind.
    unsigned shift = 0;
    unsigned bits = 0;
    std::size_t first_block = 0;
    std::vector<Crowd> crowds;  ///< In ascending order of values.

    std::uint32_t value_in(std::uint64_t low, std::uint64_t high) const;
  };
  /// 32 neighbouring values of a chunk. How many hashes have the value i, up to kMostInPlace, are
  /// the bits i of `counts`, the lowest one first: so those below it are counted at once.
  struct alignas(16) Block {
    std::uint32_t start = 0;  ///< Where the positions of these hashes begin.
    std::array<std::uint32_t, 3> counts{};
  };
  static constexpr std::uint32_t kMostInPlace = 7;
  class Builder;
  class Search;

  std::uint32_t* positions_of(std::size_t chunk) const { return &positions_[chunk * rows_.size()]; }

  HashRows rows_;
  std::vector<Chunk> chunks_;
  std::vector<Block> blocks_;
  std::unique_ptr<std::uint32_t[]> positions_;
};

}  // namespace sightingd
