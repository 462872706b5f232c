#pragma once

#include "pipeline/similarity/pdq_hash.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sightingd {

/// Finds stored hashes near a given one. Exact: nothing within the radius is missed.
///
/// Small sets, tails and wide radii are scanned; from kScanLimit on, radii up to 31 use
/// multi-index hashing (Norouzi, Punjani, Fleet: "Fast Search in Hamming Space with Multi-Index
/// Hashing", CVPR 2012). Grows by some 40 bytes a hash, and 120 more where it is indexed.
/// Not synchronised: any number of readers, or one writer.
class HashIndex {
 public:
  struct Entry {
    std::uint64_t ordinal = 0;
    PdqHash hash;
  };
  struct Match {
    std::uint64_t ordinal = 0;
    int distance = 0;

    friend bool operator==(const Match&, const Match&) = default;
  };

  /// Sets below this are scanned (a scan of so many takes 0.1 ms), and so is what was added
  /// since the last rebuild.
  static constexpr std::size_t kScanLimit = 100'000;

  explicit HashIndex(std::size_t scan_limit = kScanLimit) : scan_limit_(scan_limit) {}
  /// `entries` in ascending order of ordinals.
  explicit HashIndex(const std::vector<Entry>& entries, std::size_t scan_limit = kScanLimit);

  /// `ordinal` must be above all that were added before.
  void add(std::uint64_t ordinal, const PdqHash& hash);
  /// Unknown ordinals are none of its business.
  void remove(std::uint64_t ordinal);

  /// All within `radius` (0 to 256) of `hash`, nearest first, ties to the smallest ordinal.
  std::vector<Match> within(const PdqHash& hash, int radius) const;

  std::size_t size() const { return ordinals_.size() - dead_count_; }

 private:
  using Half = std::array<std::uint64_t, 2>;
  static constexpr std::size_t kChunks = 13;

  /// Which hashes have which value in one chunk of bits: the ids of one value stand together in
  /// `ids`, from `starts[rank of the value among those that occur]` on.
  struct Chunk {
    std::vector<std::uint64_t> occupied;  ///< One bit a value: the value occurs.
    std::vector<std::uint32_t> ranks;     ///< How many values occur before each word of it.
    std::vector<std::uint32_t> starts;
    std::vector<std::uint32_t> ids;
  };

  PdqHash hash_at(std::size_t position) const;
  bool is_dead(std::size_t position) const;
  void append(std::uint64_t ordinal, const PdqHash& hash);
  void rebuild_when_due();
  void drop_dead();
  void index_all();
  void build(Chunk& chunk, std::size_t number) const;
  void probe(const PdqHash& hash, int radius, std::vector<std::uint32_t>& found) const;

  std::size_t scan_limit_;
  std::vector<Half> low_;
  std::vector<Half> high_;
  std::vector<std::uint64_t> ordinals_;
  std::vector<std::uint64_t> dead_;  ///< One bit a position: removed.
  std::size_t dead_count_ = 0;
  std::size_t indexed_ =
      0;  ///< Positions below are in the chunks; those from here on are the tail.
  std::array<Chunk, kChunks> chunks_;
};

}  // namespace sightingd
