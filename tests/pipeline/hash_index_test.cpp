#include "pipeline/similarity/hash_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>

namespace sightingd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Match = HashIndex::Match;

PdqHash random_hash(std::mt19937_64& random) { return {{random(), random(), random(), random()}}; }

PdqHash with_bits_flipped(PdqHash hash, int bits, std::mt19937_64& random) {
  std::vector<std::size_t> places(256);
  for (std::size_t i = 0; i < places.size(); ++i) {
    places[i] = i;
  }
  std::ranges::shuffle(places, random);
  for (int i = 0; i < bits; ++i) {
    const std::size_t place = places[static_cast<std::size_t>(i)];
    hash.words[place / 64] ^= std::uint64_t{1} << (place % 64);
  }
  return hash;
}

/// What the index must answer, by looking at every hash.
std::vector<Match> brute_force(const std::vector<HashIndex::Entry>& entries, const PdqHash& hash,
                               int radius) {
  std::vector<Match> matches;
  for (const HashIndex::Entry& entry : entries) {
    const int bits = distance(entry.hash, hash);
    if (bits <= radius) {
      matches.push_back({entry.ordinal, bits});
    }
  }
  std::ranges::sort(matches, {},
                    [](const Match& match) { return std::pair(match.distance, match.ordinal); });
  return matches;
}

TEST(HashIndexTest, FindsNothingInAnEmptyIndex) {
  EXPECT_THAT(HashIndex().within({}, 31), IsEmpty());
}

TEST(HashIndexTest, WorksWithOneHash) {
  HashIndex index;
  index.add(7, {{1, 0, 0, 0}});

  EXPECT_THAT(index.within({}, 0), IsEmpty());
  EXPECT_THAT(index.within({}, 1), ElementsAre(Match{7, 1}));
  EXPECT_EQ(index.size(), 1U);
}

TEST(HashIndexTest, AnswersNearestFirstAndAmongEqualsTheOldest) {
  HashIndex index;
  index.add(1, {{3, 0, 0, 0}});
  index.add(2, {{1, 0, 0, 0}});
  index.add(3, {{2, 0, 0, 0}});

  EXPECT_THAT(index.within({}, 31), ElementsAre(Match{2, 1}, Match{3, 1}, Match{1, 2}));
}

TEST(HashIndexTest, ForgetsWhatWasRemoved) {
  HashIndex index;
  index.add(1, {});
  index.add(2, {});

  index.remove(1);
  index.remove(1);
  index.remove(99);

  EXPECT_THAT(index.within({}, 31), ElementsAre(Match{2, 0}));
  EXPECT_EQ(index.size(), 1U);
}

/// Small limits make small sets be indexed: the property holds for each way of searching.
class HashIndexPropertyTest : public ::testing::TestWithParam<std::size_t> {};

TEST_P(HashIndexPropertyTest, AnswersLikeALookAtEveryHash) {
  std::mt19937_64 random(42);
  std::vector<HashIndex::Entry> entries;
  HashIndex index(GetParam());
  for (std::uint64_t ordinal = 1; ordinal <= 3000; ++ordinal) {
    const bool planted = !entries.empty() && random() % 2 == 0;
    const PdqHash hash = planted ? with_bits_flipped(entries[random() % entries.size()].hash,
                                                     static_cast<int>(random() % 40), random)
                                 : random_hash(random);
    entries.push_back({ordinal, hash});
    index.add(ordinal, hash);
    if (random() % 4 == 0) {
      const auto gone = entries.begin() + static_cast<std::ptrdiff_t>(random() % entries.size());
      index.remove(gone->ordinal);
      entries.erase(gone);
    }
  }

  EXPECT_EQ(index.size(), entries.size());
  for (int query = 0; query < 200; ++query) {
    const PdqHash hash = with_bits_flipped(entries[random() % entries.size()].hash,
                                           static_cast<int>(random() % 33), random);
    for (const int radius : {0, 5, 31, 32, 90}) {
      ASSERT_EQ(index.within(hash, radius), brute_force(entries, hash, radius)) << radius;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(ScannedAndIndexed, HashIndexPropertyTest,
                         ::testing::Values(std::size_t{100'000}, std::size_t{1}, std::size_t{500}));

TEST(HashIndexTest, AnswersTheSameWhenItIsBuiltAtOnce) {
  std::mt19937_64 random(7);
  std::vector<HashIndex::Entry> entries;
  HashIndex grown(100);
  for (std::uint64_t ordinal = 1; ordinal <= 1000; ++ordinal) {
    entries.push_back({ordinal, random_hash(random)});
    grown.add(ordinal, entries.back().hash);
  }

  const HashIndex built(entries, 100);

  for (const HashIndex::Entry& entry : entries) {
    const PdqHash hash = with_bits_flipped(entry.hash, 31, random);
    ASSERT_EQ(built.within(hash, 31), brute_force(entries, hash, 31));
    ASSERT_EQ(grown.within(hash, 31), built.within(hash, 31));
  }
}

}  // namespace
}  // namespace sightingd
