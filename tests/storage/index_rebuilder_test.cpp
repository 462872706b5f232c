#include "storage/index_rebuilder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <mutex>
#include <optional>

namespace sightingd {
namespace {

using ::testing::ElementsAre;
using Match = HashIndex::Match;

/// An index of few hashes that is laid out all the same.
class IndexRebuilderTest : public ::testing::Test {
 protected:
  void add(std::uint64_t first, std::uint64_t last) {
    const std::unique_lock lock(mutex);
    for (std::uint64_t ordinal = first; ordinal <= last; ++ordinal) {
      index.add(ordinal, hash_of(ordinal));
    }
  }
  void remove(std::uint64_t ordinal) {
    const std::unique_lock lock(mutex);
    index.remove(ordinal);
  }
  std::vector<Match> within(const PdqHash& hash) {
    const std::shared_lock lock(mutex);
    return index.within(hash, 31);
  }
  /// Far from those of all other ordinals.
  static PdqHash hash_of(std::uint64_t ordinal) {
    const std::uint64_t far = ordinal * 0x9e3779b97f4a7c15;
    return {{far, ~far, far ^ far << 7, far ^ far >> 9}};
  }

  static constexpr std::uint64_t kLimit = 100;
  HashIndex index{kLimit};
  std::shared_mutex mutex;
  std::optional<IndexRebuilder> rebuilder{std::in_place, index, mutex};
};

TEST_F(IndexRebuilderTest, LeavesAnIndexAloneThatIsNotDue) {
  add(1, kLimit - 1);
  const std::size_t bytes = index.bytes();

  rebuilder->start_when_due();
  rebuilder.reset();

  EXPECT_EQ(index.bytes(), bytes);
}

TEST_F(IndexRebuilderTest, RebuildsBesideSearchesAndChanges) {
  for (std::uint64_t first = 1; first <= 20 * kLimit; first += kLimit) {
    add(first, first + kLimit - 1);
    rebuilder->start_when_due();
    remove(first);
    EXPECT_THAT(within(hash_of(first)), ::testing::IsEmpty());
    EXPECT_THAT(within(hash_of(first + 1)), ElementsAre(Match{first + 1, 0}));
  }
  rebuilder.reset();

  EXPECT_EQ(index.size(), 20 * (kLimit - 1));
  for (std::uint64_t ordinal = 2; ordinal <= kLimit; ++ordinal) {
    EXPECT_THAT(within(hash_of(ordinal)), ElementsAre(Match{ordinal, 0}));
  }
}

TEST_F(IndexRebuilderTest, WaitsForARebuildWhenItGoes) {
  add(1, kLimit);
  const std::size_t bytes = index.bytes();
  rebuilder->start_when_due();

  rebuilder.reset();

  EXPECT_FALSE(index.rebuild_is_due());
  EXPECT_GT(index.bytes(), bytes);
  EXPECT_THAT(within(hash_of(1)), ElementsAre(Match{1, 0}));
}

}  // namespace
}  // namespace sightingd
