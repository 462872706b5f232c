#include "pipeline/similarity/likeness.h"

#include "pipeline/similarity/photo_index.h"
#include "tests/pipeline/hash_builders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace sightingd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int kRadius = 31;

class LikenessTest : public testing::Test {
 protected:
  PdqHash away(const PdqHash& hash, int bits) {
    return test::with_bits_flipped(hash, bits, random_);
  }

  std::mt19937_64 random_{1};
  const PdqHash street_ = test::random_hash(random_);
  const PdqHash other_ = test::random_hash(random_);
};

TEST_F(LikenessTest, IsNoneWithoutAHashWithinTheRadius) {
  EXPECT_EQ(likeness({{.hash = away(street_, 32)}}, {.whole = street_, .inner = {}}, kRadius),
            std::nullopt);
  EXPECT_EQ(likeness({}, {.whole = street_, .inner = {}}, kRadius), std::nullopt);
  EXPECT_EQ(likeness({{.hash = street_}}, {}, kRadius), std::nullopt);
}

TEST_F(LikenessTest, NamesTheTurnThatWasUndone) {
  const PdqForms asked{{.hash = other_}, {.hash = away(street_, 3), .turn = Turn::Rotated270}};

  EXPECT_EQ(likeness(asked, {.whole = street_, .inner = {}}, kRadius),
            (Likeness{3, {false, Turn::Rotated270}}));
}

TEST_F(LikenessTest, IsFramedWhenEitherWasLookedAtInsideItsBorder) {
  const PdqForms asked{{.hash = other_}, {.hash = street_, .is_inner = true}};

  EXPECT_EQ(likeness(asked, {.whole = away(street_, 2), .inner = {}}, kRadius),
            (Likeness{2, {true, Turn::None}}));
  EXPECT_EQ(likeness({{.hash = street_}}, {.whole = other_, .inner = away(street_, 1)}, kRadius),
            (Likeness{1, {true, Turn::None}}));
}

TEST_F(LikenessTest, IsThatOfThePicturesAsTheyStandIfTheyAreNear) {
  const PdqForms asked{{.hash = away(street_, 31)}, {.hash = street_, .turn = Turn::Mirrored}};

  EXPECT_EQ(likeness(asked, {.whole = street_, .inner = street_}, kRadius), (Likeness{31, {}}));
}

TEST_F(LikenessTest, IsThatOfTheNearestWhenTheyAreFarAsTheyStand) {
  const PdqForms asked{{.hash = away(street_, 32)}, {.hash = street_, .turn = Turn::Mirrored}};

  EXPECT_EQ(likeness(asked, {.whole = street_, .inner = {}}, 90),
            (Likeness{0, {false, Turn::Mirrored}}));
}

TEST_F(LikenessTest, IsElseThatOfTheNearestAndThenOfTheSimplest) {
  const PdqForms asked{{.hash = away(street_, 6), .turn = Turn::Mirrored},
                       {.hash = street_, .turn = Turn::Rotated180},
                       {.hash = street_, .turn = Turn::Rotated90},
                       {.hash = street_, .turn = Turn::None, .is_inner = true}};

  EXPECT_EQ(likeness(asked, {.whole = street_, .inner = {}}, kRadius),
            (Likeness{0, {false, Turn::Rotated90}}));
}

TEST_F(LikenessTest, HasWordsForEveryTransformation) {
  EXPECT_EQ(to_text(Transformation{}), std::nullopt);
  EXPECT_EQ(to_text({true, Turn::None}), "framed");
  EXPECT_EQ(to_text({false, Turn::Mirrored}), "mirrored");
  EXPECT_EQ(to_text({false, Turn::Rotated90}), "rotated-90");
  EXPECT_EQ(to_text({false, Turn::MirroredRotated180}), "mirrored+rotated-180");
  EXPECT_EQ(to_text({true, Turn::MirroredRotated270}), "framed+mirrored+rotated-270");
}

class PhotoIndexTest : public LikenessTest {};

TEST_F(PhotoIndexTest, AnswersWhatLookingAtEveryPhotoAnswers) {
  PhotoIndex index;
  std::vector<PhotoIndex::Entry> entries;
  for (std::uint64_t photo = 1; photo <= 60; ++photo) {
    PdqPair hashes;
    if (photo % 5 != 0) {
      hashes.whole = away(photo % 2 == 0 ? street_ : other_, static_cast<int>(photo));
    }
    if (photo % 3 == 0) {
      hashes.inner = away(photo % 4 == 0 ? other_ : street_, static_cast<int>(photo % 7));
    }
    entries.push_back({photo, hashes});
    index.add(photo, hashes);
  }
  const PdqForms asked{{.hash = street_},
                       {.hash = other_, .turn = Turn::Mirrored},
                       {.hash = away(other_, 9), .turn = Turn::Rotated90, .is_inner = true}};

  std::vector<PhotoIndex::Match> expected;
  for (const PhotoIndex::Entry& entry : entries) {
    if (const auto found = likeness(asked, entry.hashes, kRadius)) {
      expected.push_back({entry.photo, *found});
    }
  }
  std::stable_sort(expected.begin(), expected.end(), [](const auto& a, const auto& b) {
    return a.likeness.distance < b.likeness.distance;
  });

  ASSERT_GT(expected.size(), 20U);
  EXPECT_EQ(index.like(asked, kRadius), expected);
  EXPECT_EQ(PhotoIndex(entries).like(asked, kRadius), expected);
}

TEST_F(PhotoIndexTest, FindsAPhotoOnceAndByNeitherHashOnceItIsRemoved) {
  PhotoIndex index;
  index.add(7, {.whole = street_, .inner = away(street_, 2)});
  const PdqForms asked{{.hash = street_}, {.hash = street_, .turn = Turn::Mirrored}};

  EXPECT_THAT(index.like(asked, kRadius), ElementsAre(PhotoIndex::Match{7, Likeness{}}));
  index.remove(7);
  EXPECT_THAT(index.like(asked, kRadius), IsEmpty());
}

}  // namespace
}  // namespace sightingd
