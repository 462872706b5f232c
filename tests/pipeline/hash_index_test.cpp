#include "pipeline/similarity/hash_index.h"

#include "tests/pipeline/hash_builders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <thread>
#include <utility>

namespace sightingd {
namespace {

using test::brute_force;
using test::random_hash;
using test::with_bits_flipped;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Match = HashIndex::Match;

/// Hashes so few are laid out all the same.
constexpr std::size_t kFew = 100;

std::vector<HashIndex::Entry> random_entries(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<HashIndex::Entry> entries;
  for (std::uint64_t ordinal = 1; ordinal <= size; ++ordinal) {
    entries.push_back({ordinal, random_hash(random)});
  }
  return entries;
}

void rebuild(HashIndex& index) {
  HashIndex::Layout layout = index.begin_rebuild().run();
  index.finish_rebuild(layout);
}

TEST(HashIndexTest, FindsNothingInAnEmptyIndex) {
  HashIndex index;
  EXPECT_THAT(index.within({}, 31), IsEmpty());
  EXPECT_FALSE(index.rebuild_is_due());

  rebuild(index);

  EXPECT_THAT(index.within({}, 256), IsEmpty());
  EXPECT_EQ(index.size(), 0U);
}

TEST(HashIndexTest, WorksWithOneHash) {
  for (const std::size_t scan_limit : {std::size_t{0}, HashIndex::kScanLimit}) {
    HashIndex index(scan_limit);
    index.add(7, {{1, 0, 0, 0}});
    for (int turn = 0; turn < 2; ++turn) {
      EXPECT_THAT(index.within({}, 0), IsEmpty());
      EXPECT_THAT(index.within({}, 1), ElementsAre(Match{7, 1}));
      EXPECT_EQ(index.size(), 1U);

      rebuild(index);
    }
  }
}

TEST(HashIndexTest, AnswersNearestFirstAndAmongEqualsTheOldest) {
  HashIndex index(1);
  index.add(1, {{3, 0, 0, 0}});
  index.add(2, {{1, 0, 0, 0}});
  rebuild(index);
  index.add(3, {{2, 0, 0, 0}});
  index.add(4, {{2, 0, 0, 0}});

  EXPECT_THAT(index.within({}, 31),
              ElementsAre(Match{2, 1}, Match{3, 1}, Match{4, 1}, Match{1, 2}));
}

TEST(HashIndexTest, ForgetsWhatWasRemoved) {
  HashIndex index(1);
  index.add(1, {});
  index.add(2, {});
  rebuild(index);
  index.add(3, {});
  index.add(4, {});

  for (const std::uint64_t ordinal : {1U, 1U, 99U, 0U, 3U, 3U}) {
    index.remove(ordinal);
  }

  EXPECT_THAT(index.within({}, 31), ElementsAre(Match{2, 0}, Match{4, 0}));
  EXPECT_EQ(index.size(), 2U);
}

TEST(HashIndexTest, ForgetsWhatIsRemovedDuringARebuildBeforeAndAfterItsEnd) {
  HashIndex index(1);
  index.add(1, {});
  index.add(2, {});
  rebuild(index);
  index.add(3, {});
  index.add(4, {});
  const HashIndex::Rebuild under_way = index.begin_rebuild();
  index.add(5, {});
  index.add(6, {});

  for (const std::uint64_t ordinal : {1U, 3U, 5U}) {
    index.remove(ordinal);
  }

  EXPECT_THAT(index.within({}, 31), ElementsAre(Match{2, 0}, Match{4, 0}, Match{6, 0}));
  HashIndex::Layout layout = under_way.run();
  index.finish_rebuild(layout);
  EXPECT_THAT(index.within({}, 31), ElementsAre(Match{2, 0}, Match{4, 0}, Match{6, 0}));
  EXPECT_EQ(index.size(), 3U);
}

TEST(HashIndexTest, DropsWhatOnlyAnOvertakenRebuildHasMade) {
  HashIndex index(1);
  index.add(1, {});
  HashIndex::Layout old = index.begin_rebuild().run();
  index.remove(1);
  HashIndex::Layout young = index.begin_rebuild().run();

  index.finish_rebuild(old);
  index.finish_rebuild(young);
  index.finish_rebuild(young);

  EXPECT_THAT(index.within({}, 31), IsEmpty());
  EXPECT_EQ(index.size(), 0U);
}

TEST(HashIndexTest, IsDueForARebuildWhenTheTailIsLong) {
  HashIndex index(random_entries(kFew, 1), kFew);
  EXPECT_FALSE(index.rebuild_is_due());

  for (std::uint64_t ordinal = kFew + 1; ordinal <= 2 * kFew; ++ordinal) {
    EXPECT_FALSE(index.rebuild_is_due());
    index.add(ordinal, {});
  }

  EXPECT_TRUE(index.rebuild_is_due());
  HashIndex::Layout layout = index.begin_rebuild().run();
  EXPECT_FALSE(index.rebuild_is_due());
  index.finish_rebuild(layout);
  EXPECT_FALSE(index.rebuild_is_due());
}

TEST(HashIndexTest, GivesBackTheMemoryOfWhatWasRemoved) {
  HashIndex index(random_entries(3 * kFew, 1), kFew);
  const std::size_t bytes = index.bytes();

  for (std::uint64_t ordinal = 1; ordinal <= 3 * kFew - 10; ++ordinal) {
    index.remove(ordinal);
  }

  ASSERT_TRUE(index.rebuild_is_due());
  rebuild(index);
  EXPECT_FALSE(index.rebuild_is_due());
  EXPECT_EQ(index.size(), 10U);
  EXPECT_LT(index.bytes(), bytes / 100);
}

TEST(HashIndexTest, IsSearchedAndChangedWhileARebuildRuns) {
  std::vector<HashIndex::Entry> entries = random_entries(2000, 3);
  HashIndex index(entries, kFew);
  std::optional<HashIndex::Layout> layout;
  std::thread worker([&layout, under_way = index.begin_rebuild()] { layout = under_way.run(); });

  for (std::uint64_t ordinal = 2001; ordinal <= 2200; ++ordinal) {
    index.add(ordinal, entries[ordinal - 2000].hash);
    entries.push_back({ordinal, entries[ordinal - 2000].hash});
    const auto gone = static_cast<std::ptrdiff_t>(ordinal % 700);
    index.remove(entries[ordinal % 700].ordinal);
    entries.erase(entries.begin() + gone);
    const PdqHash& sought = entries[ordinal % 1000].hash;
    EXPECT_EQ(index.within(sought, 31), brute_force(entries, sought, 31));
  }

  worker.join();
  index.finish_rebuild(*layout);
  for (const HashIndex::Entry& entry : entries) {
    ASSERT_EQ(index.within(entry.hash, 31), brute_force(entries, entry.hash, 31));
  }
}

TEST(HashIndexTest, LeavesARebuildUsableWhenItGoes) {
  std::optional<HashIndex> index(HashIndex(random_entries(kFew, 1), kFew));
  const HashIndex::Rebuild under_way = index->begin_rebuild();

  index.reset();

  HashIndex::Layout layout = under_way.run();
  HashIndex other;
  other.finish_rebuild(layout);
  EXPECT_EQ(other.size(), 0U);
}

/// Small limits make small sets be laid out: the property holds for each way of searching.
class HashIndexPropertyTest : public ::testing::TestWithParam<std::size_t> {
 protected:
  void add() {
    const bool planted = !entries.empty() && random() % 2 == 0;
    const PdqHash hash = planted ? with_bits_flipped(entries[random() % entries.size()].hash,
                                                     static_cast<int>(random() % 40), random)
                                 : random_hash(random);
    ordinal += 1 + random() % 3;
    entries.push_back({ordinal, hash});
    index.add(ordinal, hash);
  }
  void remove() {
    const auto gone = entries.begin() + static_cast<std::ptrdiff_t>(random() % entries.size());
    index.remove(gone->ordinal);
    entries.erase(gone);
  }
  /// Rebuilds begin, run and end with changes in between.
  void go_on_with_rebuild() {
    if (layout) {
      index.finish_rebuild(*layout);
      layout.reset();
      under_way.reset();
    } else if (under_way) {
      layout = under_way->run();
    } else {
      under_way = index.begin_rebuild();
    }
  }
  void check(int radius) {
    const PdqHash hash = with_bits_flipped(entries[random() % entries.size()].hash,
                                           static_cast<int>(random() % 34), random);
    ASSERT_EQ(index.within(hash, radius), brute_force(entries, hash, radius)) << radius;
  }

  std::mt19937_64 random{42};
  std::uint64_t ordinal = 0;
  std::vector<HashIndex::Entry> entries;
  HashIndex index{GetParam()};
  std::optional<HashIndex::Rebuild> under_way;
  std::optional<HashIndex::Layout> layout;
};

TEST_P(HashIndexPropertyTest, AnswersLikeALookAtEveryHashWhateverHappensToIt) {
  for (int step = 0; step < 3000; ++step) {
    add();
    if (random() % 3 == 0) {
      remove();
    }
    if (random() % 64 == 0) {
      go_on_with_rebuild();
    }
    if (!entries.empty()) {
      ASSERT_NO_FATAL_FAILURE(check(31));
    }
    ASSERT_EQ(index.size(), entries.size());
  }
  for (int query = 0; query < 200; ++query) {
    for (const int radius : {0, 1, 5, 12, 31, 32, 90, 256}) {
      ASSERT_NO_FATAL_FAILURE(check(radius));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(ScannedAndIndexed, HashIndexPropertyTest,
                         ::testing::Values(std::size_t{0}, std::size_t{1}, std::size_t{50},
                                           std::size_t{1000}, std::size_t{100'000}));

TEST(HashIndexTest, AnswersTheSameWhenItIsBuiltAtOnce) {
  std::mt19937_64 random(7);
  const std::vector<HashIndex::Entry> entries = random_entries(1000, 7);
  HashIndex grown(kFew);
  for (const HashIndex::Entry& entry : entries) {
    grown.add(entry.ordinal, entry.hash);
    if (grown.rebuild_is_due()) {
      rebuild(grown);
    }
  }

  const HashIndex built(entries, kFew);

  for (const HashIndex::Entry& entry : entries) {
    const PdqHash hash = with_bits_flipped(entry.hash, 31, random);
    ASSERT_THAT(built.within(hash, 31), Contains(Match{entry.ordinal, 31}));
    ASSERT_EQ(built.within(hash, 31), brute_force(entries, hash, 31));
    ASSERT_EQ(grown.within(hash, 31), built.within(hash, 31));
  }
}

}  // namespace
}  // namespace sightingd
