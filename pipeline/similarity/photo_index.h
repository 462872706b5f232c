#pragma once

#include "pipeline/similarity/hash_index.h"
#include "pipeline/similarity/likeness.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sightingd {

/// Finds stored photos that are the same picture as a given one. Every photo has a number of its
/// own, given in order of arrival, and is found by up to two hashes.
/// Synchronisation and rebuilding are those of the index of hashes below it.
class PhotoIndex {
 public:
  struct Entry {
    std::uint64_t photo = 0;
    PdqPair hashes;
  };
  struct Match {
    std::uint64_t photo = 0;
    Likeness likeness;

    friend bool operator==(const Match&, const Match&) = default;
  };

  PhotoIndex() = default;
  /// `entries` in ascending order of photos.
  explicit PhotoIndex(const std::vector<Entry>& entries);

  /// `photo` must be above all that were added before.
  void add(std::uint64_t photo, const PdqPair& hashes);
  /// It is not found from now on. Unknown ones are none of its business.
  void remove(std::uint64_t photo);

  /// All within `radius` (0 to 256), nearest first, ties to the smallest number.
  std::vector<Match> like(const PdqForms& asked, int radius) const;

  /// What is rebuilt.
  HashIndex& hashes() { return hashes_; }
  const HashIndex& hashes() const { return hashes_; }

 private:
  HashIndex hashes_;  ///< Ordinal 2 n: photo n, the whole; 2 n + 1: inside its border.
};

}  // namespace sightingd
