#pragma once

#include "pipeline/similarity/hash_rows.h"
#include "pipeline/similarity/indexed_hashes.h"
#include "pipeline/similarity/pdq_hash.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace sightingd {

/// Finds stored hashes near a given one. Exact: nothing within the radius is missed.
///
/// Most hashes are in a layout made for searching (IndexedHashes), which does not change; what was
/// added since it was made is the tail, and scanned. A rebuild makes a new layout of both, on
/// another thread if need be, while this is searched and changed. Some 90 to 120 bytes a hash from
/// 30,000 on, and half a megabyte for a few thousand; twice that while it is rebuilt.
/// Not synchronised: any number of readers, or one writer. Only Rebuild::run() goes beside both.
///
///     const HashIndex::Rebuild rebuild = index.begin_rebuild();  // The writer.
///     HashIndex::Layout layout = rebuild.run();                  // Any thread.
///     index.finish_rebuild(layout);                              // The writer.
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
  class Rebuild;
  class Layout;

  /// Fewer hashes than this are scanned, which takes 1.4 us: from here on searching takes less.
  static constexpr std::size_t kScanLimit = 2'000;

  explicit HashIndex(std::size_t scan_limit = kScanLimit) : scan_limit_(scan_limit) {}
  /// `entries` in ascending order of ordinals. Lays them out at once.
  explicit HashIndex(const std::vector<Entry>& entries, std::size_t scan_limit = kScanLimit);

  /// `ordinal` must be above all that were added before.
  void add(std::uint64_t ordinal, const PdqHash& hash);
  /// It is not found from now on. Unknown ordinals are none of its business.
  void remove(std::uint64_t ordinal);

  /// All within `radius` (0 to 256) of `hash`, nearest first, ties to the smallest ordinal. Radii
  /// above IndexedHashes::kMostRadius are scanned for.
  std::vector<Match> within(const PdqHash& hash, int radius) const;

  std::size_t size() const { return indexed_size() - removed_count_ + tail_.size(); }
  /// Bytes that all of it takes.
  std::size_t bytes() const;

  /// Whether a rebuild would make searches faster or the index smaller, and none is under way.
  bool rebuild_is_due() const;
  /// Takes what a new layout is made of. One at a time: those begun before come to nothing.
  Rebuild begin_rebuild();
  /// Puts `layout` in place: what was removed since its rebuild began is not in it, and what was
  /// added is the tail. What it replaces is left in `layout`, to be freed with it where that does
  /// no harm. Does nothing when another rebuild has begun.
  void finish_rebuild(Layout& layout);

 private:
  /// What has happened since a rebuild began.
  struct Underway {
    std::uint64_t number = 0;
    std::size_t taken = 0;  ///< So many rows at the begin of the tail will be in the new layout.
    std::vector<std::uint64_t> removed;  ///< Ordinals.
  };

  void take(Layout& layout);
  std::size_t indexed_size() const { return indexed_ ? indexed_->rows().size() : 0; }

  std::size_t scan_limit_;
  std::shared_ptr<const IndexedHashes> indexed_;  ///< May be none. Shared with a rebuild under way.
  std::vector<std::uint64_t> removed_;            ///< One bit a position of `indexed_`: removed.
  std::size_t removed_count_ = 0;
  HashRows tail_;
  std::optional<Underway> underway_;
  std::uint64_t rebuilds_begun_ = 0;
};

/// What a rebuild has made.
class HashIndex::Layout {
 private:
  friend class HashIndex;

  /// Lays out `rows`, unless they are fewer than `scan_limit`.
  Layout(HashRows rows, std::size_t scan_limit);

  std::uint64_t number_ = 0;
  std::shared_ptr<const IndexedHashes> indexed_;
  HashRows tail_;  ///< What is not in `indexed_`.
};

/// What a new layout is to be made of. Does not change any more, and may outlive the index.
class HashIndex::Rebuild {
 public:
  /// Makes the layout, on any thread: 0.15 s a million hashes.
  Layout run() const;

 private:
  friend class HashIndex;

  std::uint64_t number_ = 0;
  std::size_t scan_limit_ = 0;
  std::shared_ptr<const IndexedHashes> indexed_;
  std::vector<std::uint64_t> removed_;
  std::size_t removed_count_ = 0;
  HashRows tail_;
};

}  // namespace sightingd
