#include "tests/storage/store_fixture.h"

#include <filesystem>

namespace sightingd {
namespace {

using namespace sightingd::test;
using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DuplicatesTest : public StoreTest {
 protected:
  std::optional<DuplicateLink> link(const std::string& post, std::size_t image = 0) {
    return view(post).images.at(image).duplicate;
  }

  void erase(const std::string& post) { commit(sightingd::test::erase(post)); }

  std::size_t photo_files() const {
    const std::filesystem::directory_iterator files(directory.path() / "photos");
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
  }
};

DuplicateLink exact(const std::string& received, const std::string& first) {
  return {.of = photo(received).id, .exact = true, .likeness = {}, .first_sighting = id_of(first)};
}

DuplicateLink near(const std::string& received, int distance, const std::string& first) {
  return {.of = photo(received).id,
          .exact = false,
          .likeness = {.distance = distance, .via = {}},
          .first_sighting = id_of(first)};
}

TEST_P(DuplicatesTest, LinksTheSamePictureExactlyAndStoresItOnce) {
  const CommitOutcome outcome =
      commit(page({with(post("1"), photo("a")), with(post("2"), photo("a"))}));

  EXPECT_EQ(outcome.images_new, 1U);
  EXPECT_EQ(outcome.images_duplicate, 1U);
  EXPECT_EQ(link("1"), std::nullopt);
  EXPECT_EQ(link("2"), exact("a", "1"));
  EXPECT_EQ(photo_files(), 1U);
}

TEST_P(DuplicatesTest, LinksTheSamePictureWithinOnePost) {
  commit(page({with(with(post("1"), photo("a")), photo("a"))}));

  EXPECT_EQ(link("1", 0), std::nullopt);
  EXPECT_EQ(link("1", 1), exact("a", "1"));
}

TEST_P(DuplicatesTest, LinksUpTo31BitsAndNotBeyond) {
  commit(page({with(post("1"), photo("a", 0))}));

  commit(page({with(post("2"), photo("b", 31)), with(post("3"), photo("c", 63))}));

  EXPECT_EQ(link("2"), near("a", 31, "1"));
  EXPECT_EQ(link("3"), std::nullopt);  // 63 bits from the first, 32 from the second.
}

TEST_P(DuplicatesTest, SaysHowLongEachSearchTook) {
  const CommitOutcome two = commit(page({with(with(post("1"), photo("a")), photo("b", 100))}));
  const CommitOutcome known = commit(page({with(post("2"), photo("a"))}));

  EXPECT_EQ(two.searches.size(), 2U);
  EXPECT_EQ(known.searches.size(), 0U);
}

TEST_P(DuplicatesTest, NeverLinksTransitively) {
  commit(page({with(post("1"), photo("a", 0))}));
  commit(page({with(post("2"), photo("b", 20))}));

  commit(page({with(post("3"), photo("c", 40))}));

  EXPECT_EQ(link("3"), near("b", 20, "2"));
}

TEST_P(DuplicatesTest, LinksToTheNearestAndAmongEqualsToTheOldest) {
  commit(page({with(post("1"), photo("a", 20)), with(post("2"), photo("b", 12)),
               with(post("3"), photo("c", 8))}));

  commit(page({with(post("4"), photo("d", 10))}));

  EXPECT_EQ(link("4"), near("b", 2, "2"));
}

TEST_P(DuplicatesTest, LeavesPicturesOfLowQualityOutOfMatching) {
  Photo blurred = photo("blurred");
  blurred.pdq.quality = 49;
  Photo flat = photo("flat");
  flat.pdq.is_stable = false;
  commit(page({with(post("1"), blurred), with(post("2"), flat)}));

  commit(page({with(post("3"), photo("a")), with(post("4"), blurred)}));

  EXPECT_EQ(link("2"), std::nullopt);
  EXPECT_EQ(link("3"), std::nullopt);
  EXPECT_EQ(link("4"), exact("blurred", "1"));
  EXPECT_THAT(store->similar(upright_forms(photo("a")), 31).value(), SizeIs(1));
}

// Facts of `turned` that shows, with `turn` undone, what a photo with `bits` shows.
PhotoFacts turned_copy(Photo turned, int bits, Turn turn) {
  PhotoFacts facts = facts_of(std::move(turned));
  facts.forms.push_back({.hash = photo("", bits).pdq.hash, .turn = turn});
  return facts;
}

// Facts of a picture with a border, inside of which it shows what `photo(received, bits)` shows.
PhotoFacts framed_copy(const std::string& received, int bits) {
  Photo framed = photo(received, 200);
  framed.inner_pdq = photo(received, bits).pdq;
  return facts_of(std::move(framed));
}

TEST_P(DuplicatesTest, LinksMirroredAndTurnedCopiesAndSaysHow) {
  commit(page({with(post("1"), photo("a"))}));

  commit(page({with(post("2"), turned_copy(photo("b", 100), 4, Turn::Mirrored))}));
  reopen();
  commit(page({with(post("3"), turned_copy(photo("c", 200), 2, Turn::Rotated90))}));

  DuplicateLink mirrored = near("a", 4, "1");
  mirrored.likeness.via = {.turn = Turn::Mirrored};
  DuplicateLink turned = near("a", 2, "1");
  turned.likeness.via = {.turn = Turn::Rotated90};
  EXPECT_EQ(link("2"), mirrored);
  EXPECT_EQ(link("3"), turned);
}

TEST_P(DuplicatesTest, LinksFramedCopiesWhicheverCameFirst) {
  commit(page({with(post("1"), photo("a")), with(post("2"), framed_copy("b", 3))}));
  reopen();
  commit(page({with(post("3"), framed_copy("c", 100)), with(post("4"), photo("d", 100))}));

  DuplicateLink framed = near("a", 3, "1");
  framed.likeness.via = {.framed = true};
  DuplicateLink unframed = near("c", 0, "3");
  unframed.likeness.via = {.framed = true};
  EXPECT_EQ(link("2"), framed);
  EXPECT_EQ(link("4"), unframed);
}

TEST_P(DuplicatesTest, NamesNoTransformationOfPicturesThatAreNearAsTheyStand) {
  commit(page({with(post("1"), photo("a"))}));
  PhotoFacts symmetric = facts_of(photo("b", 6));
  symmetric.forms.push_back({.hash = photo("a").pdq.hash, .turn = Turn::Mirrored});

  commit(page({with(post("2"), symmetric)}));

  EXPECT_EQ(link("2"), near("a", 6, "1"));
}

// A hash that was left behind would be the nearest, and stand for no photo.
TEST_P(DuplicatesTest, ForgetsBothHashesOfAnErasedPhoto) {
  commit(page({with(post("1"), framed_copy("a", 0)), with(post("2"), photo("b", 9)),
               with(post("3"), photo("c", 191))}));
  erase("1");

  commit(page({with(post("4"), photo("d", 0)), with(post("5"), photo("e", 200))}));

  EXPECT_EQ(link("4"), near("b", 9, "2"));
  EXPECT_EQ(link("5"), near("c", 9, "3"));
}

TEST_P(DuplicatesTest, LinksAPictureInAWideFrameByWhatIsInside) {
  Photo framed = photo("a", 200);
  framed.pdq.quality = 40;
  framed.inner_pdq = photo("a", 3).pdq;
  commit(page({with(post("1"), photo("b")), with(post("2"), framed)}));

  commit(page({with(post("3"), photo("c", 200))}));

  DuplicateLink inside = near("b", 3, "1");
  inside.likeness.via = {.framed = true};
  EXPECT_EQ(link("2"), inside);
  EXPECT_EQ(link("3"), std::nullopt);  // The whole of the second takes no part.
}

TEST_P(DuplicatesTest, KeepsTheNearLinkAcrossAReopening) {
  commit(page({with(post("1"), photo("a"))}));
  reopen();

  commit(page({with(post("2"), photo("b", 4))}));
  reopen();

  EXPECT_EQ(link("2"), near("a", 4, "1"));
}

TEST_P(DuplicatesTest, MakesTheNextShowingTheFirstWhenTheFirstIsErased) {
  commit(page({with(post("1"), photo("a")), with(post("2"), photo("a")),
               with(post("3"), photo("a")), with(post("4"), photo("b", 4))}));
  const FeedCursor before = store->newest_cursor();

  erase("1");

  EXPECT_EQ(link("2"), std::nullopt);
  EXPECT_EQ(link("3"), exact("a", "2"));
  EXPECT_EQ(link("4"), near("a", 4, "2"));
  EXPECT_THAT(feed(before), SizeIs(4));  // The tombstone, and three that render differently.
  EXPECT_EQ(photo_files(), 2U);
}

TEST_P(DuplicatesTest, ChangesNothingWhenALaterShowingIsErased) {
  commit(page(
      {with(post("1"), photo("a")), with(post("2"), photo("a")), with(post("3"), photo("a"))}));
  const FeedCursor before = store->newest_cursor();

  erase("2");

  EXPECT_THAT(feed(before), SizeIs(1));
  EXPECT_EQ(link("3"), exact("a", "1"));
}

TEST_P(DuplicatesTest, NullsTheLinksToAPhotoThatIsErased) {
  commit(page({with(post("1"), photo("a")), with(post("2"), photo("b", 4)),
               with(post("3"), photo("b", 4))}));
  const FeedCursor before = store->newest_cursor();

  erase("1");

  EXPECT_EQ(link("2"), std::nullopt);
  EXPECT_EQ(link("3"), exact("b", "2"));
  const auto events = feed(before);
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].kind, FeedEvent::Kind::SightingErased);
  EXPECT_EQ(events[1].id, id_of("2"));
  EXPECT_EQ(events[1].kind, FeedEvent::Kind::SightingUpdated);
  EXPECT_EQ(photo_files(), 1U);
}

TEST_P(DuplicatesTest, ShowsTheNearLinkOfThePhotoOnceItsFirstShowingIsErased) {
  commit(page({with(post("1"), photo("a")), with(post("2"), photo("b", 4)),
               with(post("3"), photo("b", 4))}));

  erase("2");

  EXPECT_EQ(link("3"), near("a", 4, "1"));
}

TEST_P(DuplicatesTest, KeepsAPicturesPlaceWhenAnEditLeavesIt) {
  commit(page({with(post("1"), photo("a")), with(post("2"), photo("a"))}));
  const FeedCursor before = store->newest_cursor();

  const CommitOutcome outcome =
      commit(page({edited(with(with(post("1"), photo("new", 200)), photo("a")))}));

  EXPECT_EQ(outcome.updated, 1U);
  EXPECT_EQ(outcome.images_new, 1U);
  EXPECT_EQ(outcome.images_duplicate, 0U);
  EXPECT_EQ(link("1", 1), std::nullopt);
  EXPECT_EQ(link("2"), exact("a", "1"));
  EXPECT_THAT(feed(before), SizeIs(1));
}

TEST_P(DuplicatesTest, DoesNotMatchAPhotoThatWentEarlierOnThePage) {
  commit(page({with(post("1"), photo("a"))}));

  commit(page({edited(post("1")), with(post("2"), photo("b", 4)), with(post("3"), photo("a"))}));

  EXPECT_EQ(link("2"), std::nullopt);
  EXPECT_EQ(link("3"), near("b", 4, "2"));
  EXPECT_EQ(store->photo_bytes(photo("a").id).value(), bytes_of(photo("a")));
}

TEST_P(DuplicatesTest, GivesNoEventToAHiddenSightingWhoseLinkChanges) {
  commit(page({with(post("1"), photo("a")), with(post("2"), photo("a"))}));
  commit(RecheckFacts{.verdicts = {{.sighting = id_of("2"), .gone = true}}, .checked_at = kNoon});
  const FeedCursor before = store->newest_cursor();

  erase("1");
  const auto hidden = feed(before);
  commit(RecheckFacts{.verdicts = {{.sighting = id_of("2"), .gone = false}},
                      .checked_at = kNoon + minutes(10)});

  EXPECT_THAT(hidden, SizeIs(1));
  EXPECT_EQ(link("2"), std::nullopt);
  EXPECT_EQ(feed().back().id, id_of("2"));
}

TEST_P(DuplicatesTest, FindsSimilarPhotosNearestFirstUpToARadiusOf90) {
  commit(page({with(post("1"), photo("a", 80)), with(post("2"), photo("b", 10)),
               with(post("3"), photo("c", 120))}));

  const auto similar = store->similar(upright_forms(photo("query")), 90).value();

  ASSERT_THAT(similar, SizeIs(2));
  EXPECT_EQ(similar[0].photo, photo("b").id);
  EXPECT_EQ(similar[0].likeness.distance, 10);
  EXPECT_EQ(similar[1].likeness.distance, 80);
}

INSTANTIATE_TEST_SUITE_P(Stores, DuplicatesTest, ::testing::Values(Sealing::Clear, Sealing::Sealed),
                         name_of);

}  // namespace
}  // namespace sightingd
