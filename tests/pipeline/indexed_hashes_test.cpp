#include "pipeline/similarity/indexed_hashes.h"

#include "tests/pipeline/hash_builders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace sightingd {
namespace {

using ::testing::ElementsAre;
using Positions = std::vector<std::uint32_t>;

/// For every number of chunks that an index may have.
class IndexedHashesTest : public ::testing::TestWithParam<std::size_t> {
 protected:
  IndexedHashes indexed() const { return {rows, GetParam()}; }

  void add(const PdqHash& hash) { rows.push_back(rows.size(), hash); }

  /// What `hashes` finds, each once.
  static Positions found(const IndexedHashes& hashes, const PdqHash& hash, int radius) {
    Positions positions;
    hashes.find(hash, radius, positions);
    std::ranges::sort(positions);
    positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
    return positions;
  }
  Positions brute_force(const PdqHash& hash, int radius) const {
    Positions positions;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (distance(rows.hash_at(i), hash) <= radius) {
        positions.push_back(static_cast<std::uint32_t>(i));
      }
    }
    return positions;
  }

  std::mt19937_64 random{42};
  HashRows rows;
};

TEST_P(IndexedHashesTest, FindsWhatIsPlantedAtEveryDistanceForEveryRadius) {
  for (int i = 0; i < 2000; ++i) {
    add(test::random_hash(random));
  }

  const IndexedHashes hashes = indexed();

  for (int bits = 0; bits <= 33; ++bits) {
    for (int i = 0; i < 4; ++i) {
      const PdqHash hash = test::with_bits_flipped(rows.hash_at(random() % 2000), bits, random);
      for (int radius = 0; radius <= IndexedHashes::kMostRadius; ++radius) {
        ASSERT_EQ(found(hashes, hash, radius), brute_force(hash, radius)) << bits << ' ' << radius;
      }
    }
  }
}

TEST_P(IndexedHashesTest, FindsWhatDiffersByTheSameInEveryChunk) {
  add(test::random_hash(random));
  const IndexedHashes hashes = indexed();

  for (int radius = 0; radius <= IndexedHashes::kMostRadius; ++radius) {
    for (std::size_t offset = 0; offset < 256; ++offset) {
      PdqHash hash = rows.hash_at(0);
      for (int i = 0; i < radius; ++i) {
        test::flip(
            hash,
            (offset + static_cast<std::size_t>(i) * 256 / static_cast<std::size_t>(radius)) % 256);
      }
      ASSERT_THAT(found(hashes, hash, radius), ElementsAre(0)) << radius << ' ' << offset;
    }
  }
}

TEST_P(IndexedHashesTest, FindsAllOfManyThatAreEqualOrAlike) {
  const PdqHash equal = test::random_hash(random);
  for (int i = 0; i < 3000; ++i) {
    add(equal);
    add(test::with_bits_flipped({}, static_cast<int>(random() % 5), random));
  }

  const IndexedHashes hashes = indexed();

  for (const PdqHash& hash : {equal, PdqHash{}, test::with_bits_flipped(equal, 31, random),
                              test::with_bits_flipped({}, 28, random)}) {
    for (const int radius : {0, 1, 2, 30, 31}) {
      ASSERT_EQ(found(hashes, hash, radius), brute_force(hash, radius)) << radius;
    }
  }
}

TEST_P(IndexedHashesTest, FindsAllWhetherFewOrManyHaveOneValue) {
  std::vector<PdqHash> sought;
  for (std::size_t equal = 1; equal <= 20; ++equal) {
    sought.push_back(test::random_hash(random));
    for (std::size_t i = 0; i < equal; ++i) {
      add(sought.back());
    }
  }

  const IndexedHashes hashes = indexed();

  for (const PdqHash& hash : sought) {
    EXPECT_EQ(found(hashes, hash, 31), brute_force(hash, 31));
  }
}

INSTANTIATE_TEST_SUITE_P(Chunks, IndexedHashesTest,
                         ::testing::Range(IndexedHashes::kFewestChunks,
                                          IndexedHashes::kMostChunks + 1));

TEST(IndexedHashesSizeTest, WorksWithAnyNumberOfHashes) {
  std::mt19937_64 random(7);
  for (const std::size_t size : {0U, 1U, 2U, 31U, 32U, 33U, 63U, 64U, 65U}) {
    HashRows rows;
    for (std::size_t i = 0; i < size; ++i) {
      rows.push_back(i, test::random_hash(random));
    }
    const IndexedHashes hashes(rows, IndexedHashes::kMostChunks);

    for (std::size_t i = 0; i < size; ++i) {
      Positions found;
      hashes.find(test::with_bits_flipped(rows.hash_at(i), 31, random), 31, found);
      ASSERT_THAT(found, ::testing::Contains(i)) << size;
    }
  }
}

TEST(IndexedHashesSizeTest, TakesFewerChunksForMoreHashes) {
  std::size_t before = IndexedHashes::kMostChunks;
  for (const std::size_t size :
       {0U, 1U, 10'000U, 100'000U, 1'000'000U, 10'000'000U, 100'000'000U}) {
    const std::size_t chunks = IndexedHashes::chunks_for(size);
    EXPECT_LE(chunks, before);
    EXPECT_GE(chunks, IndexedHashes::kFewestChunks);
    before = chunks;
  }
}

}  // namespace
}  // namespace sightingd
