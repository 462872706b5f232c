#include "storage/store.h"

#include "tests/storage/raw_rows.h"
#include "tests/storage/store_fixture.h"
#include "tests/support/copy_while_open.h"

#include <filesystem>
#include <fstream>
#include <future>

namespace sightingd {
namespace {

using namespace sightingd::test;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<SightingId> ids(const std::vector<FeedEvent>& events) {
  std::vector<SightingId> found;
  for (const FeedEvent& event : events) {
    found.push_back(event.id);
  }
  return found;
}

std::string place(const PendingImage& image) { return image.source; }

PageFacts requiring_media(PageFacts facts) {
  facts.media_required = true;
  return facts;
}

PageFacts at_most(std::uint32_t limit, PageFacts facts) {
  facts.per_author_per_day = limit;
  return facts;
}

PageFacts covering(PageFacts facts, TimePoint begin, TimePoint end) {
  facts.covered.push_back({begin, end});
  return facts;
}

RecheckFacts verdict(const std::string& name, bool gone, TimePoint at) {
  return {.verdicts = {{.sighting = id_of(name), .gone = gone}}, .checked_at = at};
}

/// The write-ahead log in a copy of the open `store`, which is what a crash would leave.
std::filesystem::path log_of_copy(const std::filesystem::path& store,
                                  const std::filesystem::path& copy) {
  copy_while_open(store, copy);
  for (const auto& file : std::filesystem::directory_iterator(copy / "rows")) {
    if (file.path().extension() == ".log") {
      return file.path();
    }
  }
  return {};
}

const WatchKey kWatch{"https://example.org #tag"};

TEST_P(StoreTest, ShowsACommittedPostInTheFeedAfterReopening) {
  commit(page({post("1")}));

  reopen();

  const auto events = feed();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].kind, FeedEvent::Kind::Sighting);
  EXPECT_EQ(events[0].id, id_of("1"));
  EXPECT_EQ(events[0].sighting->sighting.post.text, "text of 1");
  EXPECT_EQ(store->progress(kWatch).value(), "progress");
}

TEST_P(StoreTest, HasNothingBeforeTheFirstCommit) {
  EXPECT_THAT(feed(), IsEmpty());
  EXPECT_EQ(store->newest_cursor(), "00010000000000000000");
  EXPECT_EQ(store->progress(kWatch).value(), "");
  EXPECT_EQ(store->sighting(id_of("1")).value(), std::nullopt);
}

TEST_P(StoreTest, GoesOnAfterACursorWithoutMissingOrRepeating) {
  commit(page({post("1"), post("2")}));
  const FeedCursor cursor = feed().front().cursor;
  commit(page({post("3")}));

  const auto events = feed(cursor);

  EXPECT_THAT(ids(events), ElementsAre(id_of("2"), id_of("3")));
  EXPECT_EQ(events.back().cursor, "00010000000000000003");
  EXPECT_EQ(store->newest_cursor(), events.back().cursor);
}

TEST_P(StoreTest, RefusesWhatIsNoCursor) {
  for (const char* cursor : {"1", "0001000000000000000G", "00010000000000000001",
                             "00020000000000000000", "000100000000000000000"}) {
    const auto events = store->feed(cursor, 10);

    ASSERT_FALSE(events) << cursor;
    EXPECT_EQ(events.error().code, ErrorCode::Malformed);
  }
}

TEST_P(StoreTest, RefusesACursorOfAnEarlierEpochAsTooOld) {
  const auto events = store->feed("00000000000000000001", 10);

  ASSERT_FALSE(events);
  EXPECT_EQ(events.error().code, ErrorCode::Gone);
}

TEST_P(StoreTest, StoresAPostOnceHoweverOftenItIsRead) {
  commit(page({post("1")}));

  const CommitOutcome again = commit(page({unfetched(post("1"))}));

  EXPECT_EQ(again.sightings + again.updated, 0U);
  EXPECT_THAT(feed(), SizeIs(1));
}

TEST_P(StoreTest, GrowsTheWatchesOfAPostThatAnotherWatchBrings) {
  commit(page({post("1")}));

  const CommitOutcome outcome = commit(by_watch(page({unfetched(post("1"))}), "second"));

  EXPECT_EQ(outcome.updated, 1U);
  const auto events = feed();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].kind, FeedEvent::Kind::SightingUpdated);
  EXPECT_EQ(events[0].sighting->sighting.version, 2U);
  EXPECT_THAT(events[0].sighting->sighting.watches, ElementsAre("watch", "second"));
}

TEST_P(StoreTest, SaysHowMuchOfAPostIsKnown) {
  commit(page({edited(post("1"))}));
  const PostRef same = edited(post("1")).post.ref;
  const PostRef older = post("1").post.ref;
  const PostRef newer = edited(post("1"), "2026-02-01T14:00:00.000Z").post.ref;
  const PostRef other = post("2").post.ref;

  const auto known = store->known("watch", {same, older, newer, other}).value();
  const auto by_other_watch = store->known("second", {same}).value();

  ASSERT_THAT(known, SizeIs(4));
  EXPECT_TRUE(known[0].known && known[0].has_watch);
  EXPECT_TRUE(known[1].known);
  EXPECT_FALSE(known[2].known);
  EXPECT_FALSE(known[3].known);
  EXPECT_TRUE(by_other_watch[0].known);
  EXPECT_FALSE(by_other_watch[0].has_watch);
}

TEST_P(StoreTest, TakesANewerVersionWithItsPictures) {
  commit(page({with(post("1"), photo("old"))}));
  PostFacts newer = edited(with(post("1"), photo("new", 100)));
  newer.post.text = "edited";

  commit(page({newer}));

  const SightingView now = view("1");
  EXPECT_EQ(now.sighting.post.text, "edited");
  EXPECT_EQ(now.sighting.version, 2U);
  EXPECT_EQ(now.images[0].photo->id, photo("new").id);
  EXPECT_EQ(store->photo(photo("old").id).value(), std::nullopt);
}

TEST_P(StoreTest, KeepsThePictureOfAnEditedPostThatCannotBeFetchedAgain) {
  commit(page({with(post("1"), FetchFailed{})}));
  commit(RetryFacts{
      .sighting = id_of("1"), .index = 0, .outcome = facts_of(photo("a")), .tried_at = kNoon});
  PostFacts newer = edited(with(post("1"), FetchFailed{}));
  newer.post.text = "edited";

  commit(page({newer}));

  const SightingView now = view("1");
  EXPECT_EQ(now.sighting.post.text, "edited");
  ASSERT_EQ(now.images[0].image.status, ImageStatus::Stored);
  EXPECT_EQ(now.images[0].photo->id, photo("a").id);
  EXPECT_EQ(now.images[0].duplicate, std::nullopt);
  EXPECT_NE(store->photo(photo("a").id).value(), std::nullopt);
  EXPECT_EQ(store->statistics().photos, 1U);
}

TEST_P(StoreTest, KeepsThePictureOfAnEditedPostThatLiesElsewhereNow) {
  PostFacts first = with(post("1"), photo("a"));
  first.images->front().ref.id = "11";
  commit(page({first}));
  PostFacts newer = edited(with(post("1"), FetchFailed{}));
  newer.images->front().ref.id = "11";
  newer.images->front().ref.url = "https://elsewhere.example/image";

  commit(page({newer}));

  EXPECT_EQ(view("1").images[0].photo->id, photo("a").id);
}

TEST_P(StoreTest, LeavesAnEditToItsOwnSourceWhenAnotherCannotGiveThePictures) {
  commit(page({with(post("1"), photo("a"))}));
  PageFacts other = by_source(page({edited(with(post("1"), FetchFailed{}))}), "other");
  other.posts[0].images->front().ref.url = "https://other.example/image";

  commit(other);

  EXPECT_EQ(view("1").sighting.post.ref.version, "");
  EXPECT_EQ(view("1").images[0].photo->id, photo("a").id);
}

TEST_P(StoreTest, WaitsForAPictureThatAnEditHasPutInAnothersPlace) {
  commit(page({with(post("1"), photo("old"))}));
  PostFacts newer = edited(with(post("1"), FetchFailed{}));
  newer.images->front().ref.url = "https://example.org/another";

  commit(page({newer}));

  EXPECT_EQ(view("1").images[0].image.status, ImageStatus::Pending);
  EXPECT_EQ(store->photo(photo("old").id).value(), std::nullopt);
}

TEST_P(StoreTest, IgnoresAnOlderVersion) {
  PostFacts newer = edited(post("1"));
  newer.post.text = "edited";
  commit(page({newer}));

  const CommitOutcome outcome = commit(page({post("1")}));

  EXPECT_EQ(outcome.updated, 0U);
  EXPECT_EQ(view("1").sighting.post.text, "edited");
}

TEST_P(StoreTest, KeepsTheFirstSourcesNamesWhenAnotherSourceBringsAnEdit) {
  commit(page({post("1")}));
  PageFacts other = by_source(page({edited(post("1"))}), "other");
  other.posts[0].post.id = "id at the other source";

  commit(other);

  const Sighting now = view("1").sighting;
  EXPECT_EQ(now.source, "source");
  EXPECT_EQ(now.post.id, "id-1");
  EXPECT_EQ(now.post.ref.version, "2026-02-01T13:00:00.000Z");
}

TEST_P(StoreTest, SkipsAPostWithoutPicturesWhenTheyAreRequired) {
  const CommitOutcome outcome =
      commit(requiring_media(page({post("1"), with(post("2"), FetchFailed{})})));

  EXPECT_EQ(outcome.sightings, 1U);
  EXPECT_EQ(outcome.skipped.at(SkipReason::NoMedia), 1U);
  EXPECT_EQ(store->sighting(id_of("1")).value(), std::nullopt);
}

TEST_P(StoreTest, CountsASkippedPostOnceInSevenDaysAndWatch) {
  commit(requiring_media(page({post("1")})));
  PageFacts later = requiring_media(page({post("1")}));
  later.read_at = kNoon + days(6);
  PageFacts much_later = requiring_media(page({post("1")}));
  much_later.read_at = kNoon + days(7);

  EXPECT_THAT(commit(requiring_media(page({post("1")}))).skipped, IsEmpty());
  EXPECT_THAT(commit(later).skipped, IsEmpty());
  EXPECT_THAT(commit(by_watch(later, "second")).skipped, SizeIs(1));
  EXPECT_THAT(commit(much_later).skipped, SizeIs(1));
}

TEST_P(StoreTest, ListsSkippedPostsByWatchDayAndReason) {
  PageFacts facts = requiring_media(page({post("1"), post("2")}));
  facts.skipped = {{.uri = uri("3"), .reason = SkipReason::Consent},
                   {.uri = uri("4"), .reason = SkipReason::Malformed},
                   {.uri = "", .reason = SkipReason::Malformed}};
  commit(facts);

  const auto rows = store->skipped(std::nullopt, kNoon).value().rows;

  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_EQ(rows[0].reason, SkipReason::NoMedia);
  EXPECT_EQ(rows[0].watch, kWatch);
  EXPECT_EQ(rows[0].watch_name, "watch");
  EXPECT_EQ(rows[0].count, 2U);
  EXPECT_THAT(rows[0].uris, ::testing::UnorderedElementsAre(uri("1"), uri("2")));
  EXPECT_EQ(rows[1].reason, SkipReason::Consent);
  EXPECT_EQ(rows[1].count, 1U);
  EXPECT_THAT(rows[1].uris, IsEmpty());
  EXPECT_EQ(rows[2].count, 2U);
  EXPECT_THAT(rows[2].uris, ElementsAre(uri("4")));
  EXPECT_THAT(store->skipped(SkipReason::Consent, kNoon).value().rows, SizeIs(1));
}

TEST_P(StoreTest, ListsInPagesWhatIsTooMuchForOne) {
  const std::string tail(1000, 'x');
  for (const char* const watch : {"first", "second", "third"}) {
    PageFacts facts = by_watch(page({}), watch);
    for (int i = 0; i < 200; ++i) {
      facts.skipped.push_back(
          {.uri = uri(std::to_string(i) + tail), .reason = SkipReason::Malformed});
    }
    commit(std::move(facts));
  }

  std::vector<std::size_t> uris;
  SkippedPage part;
  do {
    part = store->skipped(std::nullopt, kNoon, part.next).value();
    ASSERT_THAT(part.rows, SizeIs(1));
    uris.push_back(part.rows[0].uris.size());
  } while (!part.next.empty());

  EXPECT_THAT(uris, ElementsAre(200, 200, 200));
}

TEST_P(StoreTest, NamesAPostNoMoreThatAnOperatorHasErasedThoughAWatchHadLeftItOut) {
  commit(by_watch(requiring_media(page({post("1"), post("2")})), "first"));
  PageFacts any = by_watch(page({post("1")}), "any");
  any.media_required = false;
  commit(std::move(any));

  commit(erase("1"));

  const auto rows = store->skipped(std::nullopt, kNoon).value().rows;
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].count, 2U);
  EXPECT_THAT(rows[0].uris, ElementsAre(uri("2")));
}

TEST_P(StoreTest, ForgetsWhatWasSkippedSevenDaysAgo) {
  commit(requiring_media(page({post("1")})));
  PageFacts later = requiring_media(page({post("2")}));
  later.read_at = kNoon + days(7);

  commit(later);

  const auto rows = store->skipped(std::nullopt, kNoon).value().rows;
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_THAT(rows[0].uris, ElementsAre(uri("2")));
}

TEST_P(StoreTest, SkipsWhatAnAuthorPostsBeyondTheDaysLimit) {
  const CommitOutcome outcome =
      commit(at_most(2, page({post("1"), post("2"), post("3"), by(post("4"), "ben")})));

  EXPECT_EQ(outcome.sightings, 3U);
  EXPECT_EQ(outcome.skipped.at(SkipReason::Flood), 1U);
  EXPECT_EQ(store->sighting(id_of("3")).value(), std::nullopt);
}

TEST_P(StoreTest, CountsAnAuthorsPostOnceEvenAfterItWasErased) {
  commit(at_most(2, page({post("1"), post("2")})));
  commit(verdict("1", true, kNoon));
  commit(verdict("1", true, kNoon + minutes(10)));

  const CommitOutcome outcome = commit(at_most(2, page({post("1"), post("3")})));

  EXPECT_EQ(outcome.sightings, 1U);
  EXPECT_TRUE(store->sighting(id_of("1")).value());
  EXPECT_EQ(outcome.skipped.at(SkipReason::Flood), 1U);
}

TEST_P(StoreTest, MarksCoverageAsPartialWhereFloodWasLeftOut) {
  const TimePoint earlier = kNoon - hours(5);
  commit(covering(page({}), earlier, kNoon - hours(1)));

  commit(covering(at_most(0, page({post("1")})), kNoon - hours(1), kNoon + hours(1)));

  const CoverageRow complete{.range = {earlier, kNoon - hours(1)}, .complete = true, .reason = ""};
  const CoverageRow partial{
      .range = {kNoon - hours(1), kNoon + hours(1)}, .complete = false, .reason = "flood"};
  EXPECT_THAT(store->coverage(kWatch).value(), ElementsAre(complete, partial));
}

TEST_P(StoreTest, KeepsTheMarkOfAFloodWhenAWalkThatLeftItOutCloses) {
  commit(at_most(0, page({post("1")})));  // Posted at noon; where ids tell no time.

  commit(covering(page({}), kNoon - hours(1), kNoon + hours(1)));

  const CoverageRow before{.range = {kNoon - hours(1), kNoon}, .complete = true, .reason = ""};
  const CoverageRow flood{
      .range = {kNoon, kNoon + std::chrono::milliseconds(1)}, .complete = false, .reason = "flood"};
  const CoverageRow after{.range = {kNoon + std::chrono::milliseconds(1), kNoon + hours(1)},
                          .complete = true,
                          .reason = ""};
  EXPECT_THAT(store->coverage(kWatch).value(), ElementsAre(before, flood, after));
}

TEST_P(StoreTest, MarksNothingButItsPlaceWhenAFloodIsReadAgain) {
  const CoverageRow read{
      .range = {kNoon + hours(1), kNoon + hours(2)}, .complete = true, .reason = ""};

  commit(covering(at_most(0, page({post("1")})), read.range.begin, read.range.end));

  EXPECT_THAT(store->coverage(kWatch).value(), ElementsAre(::testing::_, read));
}

TEST_P(StoreTest, KeepsWhyASourceWasReadInPart) {
  const CoverageRow in_part{
      .range = {kNoon, kNoon + hours(1)}, .complete = false, .reason = "local_only"};
  PageFacts facts = page({});
  facts.covered.push_back(in_part);

  commit(facts);

  EXPECT_THAT(store->coverage(kWatch).value(), ElementsAre(in_part));
}

TEST_P(StoreTest, MergesCoverageOfOneWatchOnly) {
  commit(covering(page({}), kNoon, kNoon + hours(1)));
  commit(covering(by_watch(page({}), "second"), kNoon + hours(5), kNoon + hours(6)));

  commit(covering(page({}), kNoon + hours(1), kNoon + hours(2)));

  const CoverageRow merged{.range = {kNoon, kNoon + hours(2)}, .complete = true, .reason = ""};
  EXPECT_THAT(store->coverage(kWatch).value(), ElementsAre(merged));
}

TEST_P(StoreTest, LetsThePendingPicturesOfOnePlaceHideNoneOfAnother) {
  for (const char* const name : {"1", "2", "3"}) {
    commit(page({with(post(name), FetchFailed{})}));
  }
  commit(by_source(page({with(post("4"), FetchFailed{})}), "other"));

  const auto pending = store->pending(kNoon, true, 2, 10, place).value();

  ASSERT_THAT(pending, SizeIs(3));
  EXPECT_EQ(pending[2].sighting, id_of("4"));
}

TEST_P(StoreTest, RetriesAPendingPictureOnItsScheduleUntilItIsGivenUp) {
  commit(page({with(post("1"), FetchFailed{})}));
  TimePoint now = kNoon;

  for (const std::chrono::minutes delay : kRetryDelays) {
    EXPECT_THAT(store->pending(now + delay - minutes(1), false, 10, 10, place).value(), IsEmpty());
    now += delay;
    const auto due = store->pending(now, false, 10, 10, place).value();
    ASSERT_THAT(due, SizeIs(1));
    EXPECT_EQ(due[0].sighting, id_of("1"));
    EXPECT_EQ(due[0].url, uri("1") + "/image");
    commit(
        RetryFacts{.sighting = id_of("1"), .index = 0, .outcome = FetchFailed{}, .tried_at = now});
  }

  EXPECT_THAT(store->pending(now, true, 10, 10, place).value(), IsEmpty());
  EXPECT_EQ(view("1").images[0].image.status, ImageStatus::Unavailable);
  EXPECT_EQ(view("1").sighting.version, 2U);
}

TEST_P(StoreTest, LeavesThePlaceInTheScheduleAloneWhenATryDoesNotCount) {
  commit(page({with(post("1"), FetchFailed{})}));

  commit(RetryFacts{.sighting = id_of("1"),
                    .index = 0,
                    .outcome = FetchFailed{},
                    .tried_at = kNoon + hours(3),
                    .counts = false});

  const auto pending = store->pending(kNoon, true, 10, 10, place).value();
  ASSERT_THAT(pending, SizeIs(1));
  EXPECT_EQ(pending[0].due, kNoon + minutes(1));
}

TEST_P(StoreTest, TriesAPictureThatWasStillBeingProcessedAsSoonAsItHasAnAddress) {
  PostFacts processed = with(post("1"), FetchFailed{});
  PostFacts processing = processed;
  processing.post.images[0].url.clear();
  (*processing.images)[0].ref.url.clear();
  commit(page({processing}));
  EXPECT_EQ(store->pending(kNoon, true, 10, 10, place).value().at(0).url, "");
  PageFacts again = page({unfetched(processed)});
  again.read_at = kNoon + std::chrono::seconds(20);

  commit(again);

  const auto due = store->pending(again.read_at, false, 10, 10, place).value();
  ASSERT_THAT(due, SizeIs(1));
  EXPECT_EQ(due[0].url, uri("1") + "/image");
  EXPECT_EQ(view("1").sighting.version, 1U);
}

TEST_P(StoreTest, MovesASightingToANewCursorWhenItsPictureComes) {
  commit(page({with(post("1"), FetchFailed{}), post("2")}));

  commit(RetryFacts{
      .sighting = id_of("1"), .index = 0, .outcome = facts_of(photo("a")), .tried_at = kNoon});

  const auto events = feed();
  EXPECT_THAT(ids(events), ElementsAre(id_of("2"), id_of("1")));
  EXPECT_EQ(events[1].kind, FeedEvent::Kind::SightingUpdated);
  EXPECT_EQ(events[1].sighting->images[0].photo->id, photo("a").id);
  EXPECT_THAT(store->pending(kNoon, true, 10, 10, place).value(), IsEmpty());
  EXPECT_EQ(store->photo_bytes(photo("a").id).value(), bytes_of(photo("a")));
}

TEST_P(StoreTest, HidesAPostAtTheFirstSuspicionWithoutAnEvent) {
  commit(page({with(post("1"), photo("a"))}));
  const FeedCursor before = store->newest_cursor();

  commit(verdict("1", true, kNoon));

  EXPECT_EQ(store->newest_cursor(), before);
  EXPECT_THAT(feed(), IsEmpty());
  EXPECT_EQ(store->sighting(id_of("1")).value(), std::nullopt);
  EXPECT_EQ(store->photo(photo("a").id).value(), std::nullopt);
  EXPECT_EQ(store->photo_bytes(photo("a").id).value(), std::nullopt);
  EXPECT_THAT(store->similar(upright_forms(photo("a")), 31).value(), IsEmpty());
  const auto suspected = store->suspected(kNoon, 10).value();
  ASSERT_THAT(suspected, SizeIs(1));
  EXPECT_EQ(suspected[0].post_id, "id-1");
  EXPECT_THAT(store->suspected(kNoon - minutes(1), 10).value(), IsEmpty());
}

TEST_P(StoreTest, BringsASuspectedPostBackWhenItsSourceShowsIt) {
  commit(page({post("1")}));
  commit(verdict("1", true, kNoon));

  commit(by_source(page({post("1")}), "another"));
  EXPECT_THAT(feed(), IsEmpty());
  commit(page({post("1")}));

  EXPECT_THAT(ids(feed()), ElementsAre(id_of("1")));
  EXPECT_THAT(store->suspected(kNoon, 10).value(), IsEmpty());
}

TEST_P(StoreTest, ErasesAPostThatIsStillGoneTenMinutesLater) {
  commit(page({with(post("1"), photo("a"))}));
  commit(verdict("1", true, kNoon));
  commit(verdict("1", true, kNoon + minutes(9)));
  EXPECT_THAT(store->suspected(kNoon, 10).value(), SizeIs(1));

  const CommitOutcome outcome = commit(verdict("1", true, kNoon + minutes(10)));

  EXPECT_EQ(outcome.erased, 1U);
  const auto events = feed();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].kind, FeedEvent::Kind::SightingErased);
  EXPECT_EQ(events[0].reason, EraseReason::UpstreamDeleted);
  EXPECT_THAT(store->suspected(kNoon + days(1), 10).value(), IsEmpty());
}

TEST_P(StoreTest, BringsAHiddenPostBackAsAnUpdateWhenItIsNotGone) {
  commit(page({post("1")}));
  commit(verdict("1", true, kNoon));

  const CommitOutcome outcome = commit(verdict("1", false, kNoon + minutes(10)));

  EXPECT_EQ(outcome.updated, 1U);
  EXPECT_EQ(feed().front().kind, FeedEvent::Kind::SightingUpdated);
}

TEST_P(StoreTest, GivesNoEventForAPostThatWasNeverHidden) {
  commit(page({post("1")}));

  const CommitOutcome outcome = commit(verdict("1", false, kNoon));

  EXPECT_EQ(outcome.updated, 0U);
  EXPECT_EQ(feed().front().cursor, "00010000000000000001");
}

TEST_P(StoreTest, FindsThePostsOfAWatchBetweenTwoPositions) {
  commit(page({post("a"), post("b"), post("ba"), post("c")}));
  commit(by_watch(page({post("bb")}), "second"));
  commit(verdict("ba", true, kNoon));

  const auto posts = store->posts_missing(kWatch, position("b"), position("c"), {}).value();

  ASSERT_THAT(posts, SizeIs(1));
  EXPECT_EQ(posts[0].ref.uri, uri("b"));
  EXPECT_EQ(posts[0].source, "https://example.org");
}

TEST_P(StoreTest, TellsApartPostsWhosePositionsShareTheirCoarsePart) {
  commit(page({post("a3"), post("a1"), post("a2"), post("b")}));

  const auto posts = store->posts_missing(kWatch, position("a1"), position("a3"), {}).value();

  ASSERT_THAT(posts, SizeIs(2));
  EXPECT_EQ(posts[0].ref.uri, uri("a1"));
  EXPECT_EQ(posts[1].ref.uri, uri("a2"));
  EXPECT_THAT(store->posts_missing(kWatch, "", position("a1"), {}).value(), IsEmpty());
  EXPECT_THAT(store->posts_missing(kWatch, "", position("b"), {}).value(), SizeIs(3));
}

TEST_P(StoreTest, FindsPostsThatCameInAnotherOrderThanTheyStand) {
  commit(page({post("c"), post("a1"), post("b"), post("a2")}));
  reopen();

  EXPECT_THAT(store->posts_missing(kWatch, position("a1"), position("d"), {}).value(), SizeIs(4));
}

TEST_P(StoreTest, FindsOnlyThosePostsThatWereNotSeen) {
  commit(page({post("a"), post("b"), post("c")}));

  const std::vector<std::string> seen = {uri("c"), uri("never-stored"), uri("a")};
  const auto posts = store->posts_missing(kWatch, "", position("d"), seen).value();

  ASSERT_THAT(posts, SizeIs(1));
  EXPECT_EQ(posts[0].ref.uri, uri("b"));
}

TEST_P(StoreTest, LeavesNothingOfAPostThatAnOperatorErased) {
  PostFacts facts = with(post("1"), photo("a"));
  facts.post.text = "wordsofthispostalone";
  commit(page({facts, post("2")}));
  commit(page({post("3")}));

  const CommitOutcome outcome = commit(erase("1"));

  EXPECT_EQ(outcome.erased, 1U);
  EXPECT_EQ(feed().back().reason, EraseReason::Operator);
  EXPECT_EQ(feed().back().id, id_of("1"));
  EXPECT_EQ(store->photo_bytes(photo("a").id).value(), std::nullopt);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path() / "photos"));
  EXPECT_THAT(store->posts_missing(kWatch, position("1"), position("2"), {}).value(), IsEmpty());
  for (const auto& file : std::filesystem::recursive_directory_iterator(directory.path())) {
    if (file.is_regular_file()) {
      std::ifstream in(file.path(), std::ios::binary);
      const std::string content(std::istreambuf_iterator<char>(in), {});
      EXPECT_EQ(content.find("wordsofthispostalone"), std::string::npos) << file.path();
    }
  }
}

TEST_P(StoreTest, DoesNotTakeBackAPostThatAnOperatorErased) {
  commit(page({post("1")}));
  commit(erase("1"));

  const CommitOutcome outcome = commit(page({post("1")}));

  EXPECT_EQ(outcome.sightings, 0U);
  EXPECT_EQ(outcome.skipped.at(SkipReason::Refused), 1U);
  EXPECT_TRUE(store->refuses(post("1").post));
}

TEST_P(StoreTest, SkipsAPostThatWasErasedWhileItWasBeingRead) {
  commit(page({with(post("1"), photo("a"))}));
  const PostFacts read_again = unfetched(with(post("1"), photo("a")));
  commit(verdict("1", true, kNoon));
  commit(verdict("1", true, kNoon + minutes(10)));

  const CommitOutcome outcome = commit(page({read_again}));

  EXPECT_EQ(outcome.skipped.at(SkipReason::Erased), 1U);
}

TEST_P(StoreTest, RemembersAPauseAcrossAReopening) {
  commit(PauseWatch{.watch = kWatch, .paused = true});
  reopen();
  EXPECT_TRUE(store->is_paused(kWatch).value());

  commit(PauseWatch{.watch = kWatch, .paused = false});

  EXPECT_FALSE(store->is_paused(kWatch).value());
}

TEST_P(StoreTest, RemembersUntilWhenASourceIsToBeLeftAlone) {
  commit(HoldSource{.source_url = "https://example.org", .until = kNoon});

  reopen();

  EXPECT_EQ(store->held_until("https://example.org").value(), kNoon);
  EXPECT_EQ(store->held_until("https://other.example").value(), TimePoint());
}

TEST_P(StoreTest, TellsItsListenerOfEachDurableChange) {
  std::vector<FeedCursor> heard;
  store->on_commit([&](const FeedCursor& cursor) { heard.push_back(cursor); });

  commit(page({post("1")}));
  store.reset();

  EXPECT_THAT(heard, ElementsAre("00010000000000000001"));
}

TEST_P(StoreTest, LetsItsListenerGoOnlyWhenItDoesNotRun) {
  std::promise<void> entered;
  std::promise<void> let_go;
  store->on_commit([&](const FeedCursor&) {
    entered.set_value();
    let_go.get_future().wait();
  });
  commit(page({post("1")}));
  entered.get_future().wait();

  const auto removed = std::async(std::launch::async, [&] { store->on_commit({}); });

  EXPECT_EQ(removed.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  let_go.set_value();
  removed.wait();
}

TEST_P(StoreTest, CountsWhatItHolds) {
  commit(page({with(post("1"), photo("a")), with(post("2"), FetchFailed{}), post("3")}));
  commit(erase("3"));
  reopen();

  const StoreStatistics statistics = store->statistics();

  EXPECT_EQ(statistics.sightings, 2U);
  EXPECT_EQ(statistics.photos, 1U);
  EXPECT_EQ(statistics.pending_images, 1U);
  EXPECT_EQ(statistics.feed_sequence, 4U);
  EXPECT_EQ(statistics.waiting_commits, 0U);
  EXPECT_GT(statistics.bytes, 0U);
}

TEST_P(StoreTest, RefusesADirectoryThatIsInUse) {
  const auto second = open(directory.path());

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::Storage);
  EXPECT_EQ(second.error().reason, "locked");
}

TEST_P(StoreTest, RefusesAStoreOfANewerFormat) {
  store.reset();
  std::ofstream(directory.path() / "format") << "4\n";

  const auto opened = open(directory.path());

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().reason, "newer-format");
}

TEST_P(StoreTest, MakesAnOlderStoreOneOfItsOwnFormat) {
  commit(page({with(post("1"), photo("a"))}));
  store.reset();
  std::ofstream(directory.path() / "format") << "1\n";

  reopen();

  std::string format;
  std::ifstream(directory.path() / "format") >> format;
  EXPECT_EQ(format, "3");
  EXPECT_NE(store->photo(photo("a").id).value(), std::nullopt);
}

TEST_P(StoreTest, DropsKeysThatHeldWholePositionsUntilThePostIsReadAgain) {
  PostFacts before = post("1");
  before.post.position = "1";
  commit(page({before}));
  store.reset();
  const auto current = raw_rows(directory.path(), "positions");
  ASSERT_THAT(current, SizeIs(1));
  const std::string watch = current.begin()->first.substr(0, 16);
  put_raw_row(directory.path(), "positions", watch + "idinfull" + std::string(10, '\0'), "");
  std::ofstream(directory.path() / "format") << "2\n";

  reopen();

  store.reset();
  EXPECT_THAT(raw_rows(directory.path(), "positions"), IsEmpty());
  reopen();
  commit(page({post("1")}));
  EXPECT_THAT(store->posts_missing(kWatch, position("1"), position("2"), {}).value(), SizeIs(1));
}

TEST_P(StoreTest, RefusesAStoreWhoseRowsAreGone) {
  commit(page({with(post("1"), photo("a"))}));
  store.reset();
  std::filesystem::remove_all(directory.path() / "rows");

  const auto opened = open(directory.path());

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().reason, "damaged");
  EXPECT_FALSE(std::filesystem::is_empty(directory.path() / "photos"));
}

TEST_P(StoreTest, RefusesAStoreWhoseFilesAreDamaged) {
  commit(page({post("1")}));
  store.reset();
  for (const auto& file : std::filesystem::directory_iterator(directory.path() / "rows")) {
    if (file.path().filename().string().starts_with("MANIFEST")) {
      std::ofstream(file.path(), std::ios::binary) << std::string(1000, 'x');
    }
  }

  const auto opened = open(directory.path());

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().reason, "damaged");
}

TEST_P(StoreTest, DropsAWriteThatWasNotFinishedAtTheEndOfItsLog) {
  commit(page({post("1")}));
  const test::TemporaryDirectory crashed;
  const auto log = log_of_copy(directory.path(), crashed.path());
  std::ofstream(log, std::ios::binary | std::ios::app) << std::string(500, 'x');

  const auto opened = open(crashed.path());

  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_THAT((*opened)->feed({}, 10).value(), SizeIs(1));
}

TEST_P(StoreTest, RefusesALogThatHasLostWhatWasSafeUnlessItIsToGoOnWithout) {
  commit(page({post("1")}));
  commit(page({post("2")}));
  const test::TemporaryDirectory crashed;
  const auto log = log_of_copy(directory.path(), crashed.path());
  std::filesystem::resize_file(log, std::filesystem::file_size(log) - 5);

  const auto refused = open(crashed.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "damaged");

  std::filesystem::remove(crashed.path() / "rows" / "SYNCED");
  const auto opened = open(crashed.path());

  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_THAT((*opened)->feed({}, 10).value(), SizeIs(1));
}

TEST_P(StoreTest, RefusesALogThatIsDamagedBeforeItsEnd) {
  commit(page({with(post("1"), photo("a"))}));
  commit(page({post("2")}));
  const test::TemporaryDirectory crashed;
  const auto log = log_of_copy(directory.path(), crashed.path());
  {
    std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(log) / 2));
    file.write("damage", 6);
  }

  const auto opened = open(crashed.path());

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().reason, "damaged");
  EXPECT_FALSE(std::filesystem::is_empty(crashed.path() / "photos"));
}

TEST_P(StoreTest, RefusesAnEmptyStoreWhoseRowsAreGone) {
  store.reset();
  std::filesystem::remove_all(directory.path() / "rows");

  const auto opened = open(directory.path());

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().reason, "damaged");
}

TEST_P(StoreTest, FinishesAStoreThatWasOnlyBegun) {
  store.reset();
  std::filesystem::remove(directory.path() / "format");

  reopen();

  EXPECT_TRUE(std::filesystem::exists(directory.path() / "format"));
}

TEST_P(StoreTest, RefusesAStoreWithPostsAndNoFormat) {
  commit(page({post("1")}));
  store.reset();
  std::filesystem::remove(directory.path() / "format");

  const auto opened = open(directory.path());

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().reason, "damaged");
}

TEST_P(StoreTest, CreatesFilesForItsOwnerOnly) {
  using std::filesystem::perms;
  store.reset();
  const auto path = directory.path() / "new" / "store";
  store = open(path).value();

  EXPECT_EQ(std::filesystem::status(path).permissions(), perms::owner_all);
}

TEST_P(StoreTest, RemovesStagedBytesThatNoFactsName) {
  { const auto staged = store->stage(photo("a").id, "bytes").value(); }

  EXPECT_TRUE(std::filesystem::is_empty(directory.path() / "photos"));
}

TEST_P(StoreTest, KeepsTheBytesOfAPhotoThatIsErasedWhileItIsStagedAgain) {
  commit(page({with(post("1"), photo("a"))}));
  std::vector<std::unique_ptr<Store::Staged>> staged;
  staged.push_back(store->stage(photo("a").id, bytes_of(photo("a"))).value());

  commit(erase("1"));
  ASSERT_TRUE(store->commit(page({with(post("2"), photo("a"))}), std::move(staged)));

  EXPECT_EQ(store->photo_bytes(photo("a").id).value(), bytes_of(photo("a")));
}

TEST_P(StoreTest, RemovesOrphanedFilesWhenItOpens) {
  commit(page({with(post("1"), photo("a"))}));
  store.reset();
  std::ofstream(directory.path() / "photos" / "0123456789abcdef0123456789abcdef") << "orphan";

  reopen();

  const std::filesystem::directory_iterator files(directory.path() / "photos");
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
  EXPECT_EQ(store->photo_bytes(photo("a").id).value(), bytes_of(photo("a")));
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreTest, ::testing::Values(Sealing::Clear, Sealing::Sealed),
                         name_of);

}  // namespace
}  // namespace sightingd
