// Erasing for good, and what is refused from then on.
#include "storage/ledger/erasure_ledger.h"
#include "tests/storage/store_fixture.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace sightingd::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ErasingTest : public StoreTest {
 protected:
  ErasingTest() { reopen(); }

  StoreOptions options() const {
    return {.path = folder.path() / "store", .erasure_ledger = folder.path() / "ledger"};
  }
  void reopen() {
    store.reset();
    store = Store::open(options(), key()).value();
  }
  /// A copy of the store as it stands, as a backup would hold it.
  void back_up() {
    store.reset();
    std::filesystem::copy(folder.path() / "store", folder.path() / "backup",
                          std::filesystem::copy_options::recursive);
    reopen();
  }
  void bring_back() {
    store.reset();
    std::filesystem::remove_all(folder.path() / "store");
    std::filesystem::rename(folder.path() / "backup", folder.path() / "store");
    reopen();
  }

  static PageFacts media_page(std::vector<PostFacts> posts) {
    PageFacts facts = page(std::move(posts));
    facts.media_required = true;
    return facts;
  }
  static ErasePicture erase_picture(const Photo& photo, PdqForms forms = {}) {
    return {.picture = {.photo = photo.id, .hashes = matchable_hashes(photo)},
            .forms = forms.empty() ? upright_forms(photo) : std::move(forms),
            .watches_without_media = {},
            .at = kNoon};
  }
  bool is_stored(const std::string& name) {
    return store->sighting(id_of(name)).value().has_value();
  }
  std::vector<ImageStatus> statuses(const std::string& name) {
    std::vector<ImageStatus> statuses;
    for (const SightingImageView& image : view(name).images) {
      statuses.push_back(image.image.status);
    }
    return statuses;
  }

  TemporaryDirectory folder;
};

TEST_P(ErasingTest, APostThatIsRefusedDoesNotComeBack) {
  commit(page({post("1")}));

  EXPECT_EQ(commit(erase("1")).erased, 1U);
  reopen();
  const CommitOutcome again = commit(page({post("1")}));

  EXPECT_EQ(again.sightings, 0U);
  EXPECT_EQ(again.skipped.at(SkipReason::Refused), 1U);
  EXPECT_FALSE(is_stored("1"));
  EXPECT_TRUE(store->refuses(post("1").post));
}

TEST_P(ErasingTest, APostWhoseTimeIsOverMayComeBack) {
  commit(page({post("1")}));
  EraseSightings old = erase("1");
  old.reason = EraseReason::Retention;
  old.refuses = false;

  commit(old);

  EXPECT_EQ(feed().back().reason, EraseReason::Retention);
  EXPECT_FALSE(store->refuses(post("1").post));
  EXPECT_EQ(commit(page({post("1")})).sightings, 1U);
}

TEST_P(ErasingTest, NoPostOfARefusedAuthorIsTaken) {
  commit(page({by(post("1"), "ana"), by(post("2"), "ben")}));

  commit(RefuseAuthor{.author_uri = "https://example.org/users/ana", .at = kNoon});
  reopen();
  const CommitOutcome again = commit(page({by(post("3"), "ana"), by(post("4"), "ben")}));

  EXPECT_EQ(again.sightings, 1U);
  EXPECT_FALSE(is_stored("3"));
  EXPECT_TRUE(is_stored("4"));
  EXPECT_TRUE(is_stored("1")) << "those that are there are erased one by one";
}

TEST_P(ErasingTest, TombstonesAreForgottenForGood) {
  commit(page({post("1"), post("2")}));
  commit(erase("1"));
  const Day day = std::chrono::floor<std::chrono::days>(kNoon);
  commit(BeginDay{.today = day, .forget_before = day - std::chrono::days(3)});
  const FeedCursor cursor = feed().front().cursor;

  commit(
      BeginDay{.today = day + std::chrono::days(4), .forget_before = day + std::chrono::days(1)});
  reopen();

  EXPECT_THAT(feed(), SizeIs(1));
  EXPECT_EQ(store->feed(cursor, 10).error().code, ErrorCode::Gone);
  EXPECT_EQ(commit(BeginDay{.today = day + std::chrono::days(4),
                            .forget_before = day + std::chrono::days(1)})
                .tombstones_forgotten,
            0U);
}

TEST_P(ErasingTest, APictureThatIsListedElsewhereIsNotTaken) {
  const Photo listed = photo("listed", 100);
  const Photo like_it = photo("like it", 110);
  store->refuse_listed({listed.pdq.hash});

  EXPECT_EQ(commit(media_page({with(post("1"), listed), with(post("2"), like_it),
                               with(post("3"), photo("another", 200))}))
                .sightings,
            1U);
  EXPECT_TRUE(store->refuses(listed.id, upright_forms(listed)));
  EXPECT_THAT(store->refusals(), IsEmpty());

  store->refuse_listed({});
  EXPECT_EQ(commit(media_page({with(post("4"), like_it)})).sightings, 1U);
}

TEST_P(ErasingTest, AnErasedPictureGoesFromAllWhoShowItOrACopy) {
  commit(media_page({with(post("first"), photo("a")), with(post("copy"), photo("b", 10)),
                     with(post("same"), photo("a")), with(post("other"), photo("c", 90))}));

  const CommitOutcome outcome = commit(erase_picture(photo("a")));

  EXPECT_EQ(outcome.erased, 3U);
  EXPECT_TRUE(is_stored("other"));
  EXPECT_FALSE(is_stored("copy"));
  EXPECT_EQ(store->photo_bytes(photo("a").id).value(), std::nullopt);
  EXPECT_EQ(store->photo_bytes(photo("b", 10).id).value(), std::nullopt);
}

TEST_P(ErasingTest, ASightingKeepsItsOtherPictures) {
  commit(media_page({with(with(post("1"), photo("a")), photo("z", 90))}));
  const std::string before = store->newest_cursor();

  const CommitOutcome outcome = commit(erase_picture(photo("a")));

  EXPECT_EQ(outcome.erased, 0U);
  EXPECT_EQ(outcome.updated, 1U);
  EXPECT_THAT(statuses("1"), ElementsAre(ImageStatus::Refused, ImageStatus::Stored));
  const SightingImageView image = view("1").images.front();
  EXPECT_FALSE(image.photo);
  EXPECT_FALSE(image.image.photo);
  EXPECT_FALSE(image.image.alt);
  ASSERT_THAT(feed(before), SizeIs(1));
  EXPECT_EQ(feed(before).front().kind, FeedEvent::Kind::SightingUpdated);
}

TEST_P(ErasingTest, ASightingOfAWatchWithoutMediaStaysWithoutItsPicture) {
  commit(page({with(post("1"), photo("a"))}));
  ErasePicture asked = erase_picture(photo("a"));
  asked.watches_without_media = {"watch"};

  commit(asked);

  EXPECT_THAT(statuses("1"), ElementsAre(ImageStatus::Refused));
}

TEST_P(ErasingTest, ARefusedPictureIsNotTakenFromAnybody) {
  commit(media_page({with(post("1"), photo("a"))}));
  commit(erase_picture(photo("a")));
  reopen();

  EXPECT_TRUE(store->refuses(photo("a").id, {}));
  EXPECT_TRUE(store->refuses(photo("b", 20).id, upright_forms(photo("b", 20))));
  EXPECT_FALSE(store->refuses(photo("c", 90).id, upright_forms(photo("c", 90))));
  const CommitOutcome again =
      commit(by_source(media_page({with(post("2"), photo("a")), with(post("3"), photo("b", 20)),
                                   with(with(post("4"), photo("b", 20)), photo("c", 90)),
                                   with(post("5"), ImageRefused{})}),
                       "elsewhere"));

  EXPECT_EQ(again.skipped.at(SkipReason::Refused), 3U);
  EXPECT_EQ(again.images_refused, 1U);
  EXPECT_THAT(statuses("4"), ElementsAre(ImageStatus::Refused, ImageStatus::Stored));
  EXPECT_EQ(store->statistics().photos, 1U);
}

TEST_P(ErasingTest, ARefusedPictureThatComesLateTakesItsSightingAlong) {
  commit(media_page({with(post("1"), FetchFailed{})}));
  commit(media_page({with(post("2"), photo("a"))}));
  commit(erase_picture(photo("a")));

  const CommitOutcome outcome = commit(RetryFacts{.sighting = id_of("1"),
                                                  .index = 0,
                                                  .outcome = facts_of(photo("a")),
                                                  .tried_at = kNoon,
                                                  .media_required = true});

  EXPECT_EQ(outcome.erased, 1U);
  EXPECT_FALSE(is_stored("1"));
}

TEST_P(ErasingTest, AnEditThatLeavesRefusedPicturesOnlyErases) {
  commit(media_page({with(post("gone"), photo("a")), with(post("1"), photo("c", 90))}));
  commit(erase_picture(photo("a")));

  const CommitOutcome outcome = commit(media_page({edited(with(post("1"), photo("a")))}));

  EXPECT_EQ(outcome.erased, 1U);
  EXPECT_FALSE(is_stored("1"));
}

TEST_P(ErasingTest, AWithdrawnRefusalDoesNotHoldAnyMore) {
  commit(page({post("1"), with(post("2"), photo("a"))}));
  commit(erase("1"));
  commit(erase_picture(photo("a")));
  const std::vector<Refusal> refusals = store->refusals();
  ASSERT_THAT(refusals, SizeIs(2));
  EXPECT_EQ(refusals[0].kind, Refusal::Kind::Post);
  EXPECT_EQ(refusals[1].kind, Refusal::Kind::Picture);
  EXPECT_EQ(refusals[1].picture->photo, photo("a").id);

  for (const Refusal& refusal : refusals) {
    EXPECT_EQ(commit(WithdrawRefusal{.number = refusal.number, .at = kNoon}).refusals_withdrawn,
              1U);
  }
  EXPECT_EQ(commit(WithdrawRefusal{.number = 99, .at = kNoon}).refusals_withdrawn, 0U);
  reopen();

  EXPECT_THAT(store->refusals(), IsEmpty());
  EXPECT_EQ(commit(page({post("1"), with(post("3"), photo("a"))})).sightings, 2U);
  EXPECT_THAT(statuses("3"), ElementsAre(ImageStatus::Stored));
}

TEST_P(ErasingTest, WhatIsHeldStaysAgainstItsAgeAndItsDeletion) {
  commit(page({post("1")}));
  commit(
      HoldSighting{.sighting = id_of("1"), .until = kNoon + std::chrono::hours(24), .at = kNoon});
  EraseSightings old = erase("1");
  old.reason = EraseReason::Retention;

  EXPECT_EQ(commit(old).held, 1U);
  commit(RecheckFacts{.verdicts = {{.sighting = id_of("1"), .gone = true}}, .checked_at = kNoon});
  EXPECT_TRUE(is_stored("1"));
  ASSERT_THAT(store->holds().value(), SizeIs(1));
  EXPECT_EQ(store->holds().value().front().sighting, id_of("1"));
  EXPECT_EQ(store->holds().value().front().until, kNoon + std::chrono::hours(24));

  old.at = kNoon + std::chrono::hours(24);
  EXPECT_EQ(commit(old).erased, 1U);
  EXPECT_THAT(store->holds().value(), IsEmpty());
}

TEST_P(ErasingTest, AHoldYieldsToWhoeverErasesDespiteIt) {
  commit(page({with(post("1"), photo("a")), post("2")}));
  for (const char* name : {"1", "2"}) {
    commit(HoldSighting{
        .sighting = id_of(name), .until = kNoon + std::chrono::hours(24), .at = kNoon});
  }

  EXPECT_EQ(commit(erase_picture(photo("a"))).held, 1U);
  EXPECT_EQ(commit(erase("2")).held, 1U);
  EXPECT_EQ(
      commit(HoldSighting{.sighting = id_of("2"), .until = std::nullopt, .at = kNoon}).updated, 0U);
  EXPECT_EQ(commit(erase("2")).erased, 1U);
  ErasePicture despite = erase_picture(photo("a"));
  despite.despite_hold = true;
  EXPECT_EQ(commit(despite).erased, 1U);
}

TEST_P(ErasingTest, ACopyThatIsBroughtBackLosesWhatWasErasedSince) {
  commit(page({post("by post"), by(post("by author"), "ben"), post("upstream"), post("stays")}));
  commit(media_page({with(post("by picture"), photo("a"))}));
  PageFacts old = page({post("old")});
  old.read_at = kNoon - std::chrono::hours(48);
  commit(old);
  back_up();
  commit(erase("by post"));
  commit(RefuseAuthor{.author_uri = "https://example.org/users/ben", .at = kNoon});
  EraseSightings of_author = erase("by author");
  of_author.noted = true;
  commit(of_author);
  for (const auto at : {kNoon, kNoon + kRecheckDelay}) {
    commit(RecheckFacts{.verdicts = {{.sighting = id_of("upstream"), .gone = true}},
                        .checked_at = at});
  }
  commit(erase_picture(photo("a")));
  commit(NoteAge{.first_seen_before = kNoon - std::chrono::hours(24), .at = kNoon});

  bring_back();

  for (const char* name : {"by post", "by author", "upstream", "by picture", "old"}) {
    EXPECT_FALSE(is_stored(name)) << name;
  }
  EXPECT_TRUE(is_stored("stays"));
  EXPECT_EQ(store->photo_bytes(photo("a").id).value(), std::nullopt);
  EXPECT_EQ(commit(media_page({with(post("again"), photo("a"))})).sightings, 0U);
  EXPECT_EQ(commit(page({post("upstream")})).sightings, 1U) << "nothing refuses it";
}

TEST_P(ErasingTest, ACopyThatIsBroughtBackKeepsASightingThatStayedWithoutItsPicture) {
  commit(page({with(post("1"), photo("a"))}));
  back_up();
  ErasePicture asked = erase_picture(photo("a"));
  asked.watches_without_media = {"watch"};
  commit(asked);

  bring_back();

  EXPECT_THAT(statuses("1"), ElementsAre(ImageStatus::Refused));
}

TEST_P(ErasingTest, ACopyThatIsBroughtBackLosesASightingThatALatePictureTookAlong) {
  commit(media_page({with(post("late"), FetchFailed{}), with(post("edited"), photo("c", 90))}));
  back_up();
  commit(media_page({with(post("2"), photo("a"))}));
  commit(erase_picture(photo("a")));
  commit(RetryFacts{.sighting = id_of("late"),
                    .index = 0,
                    .outcome = facts_of(photo("a")),
                    .tried_at = kNoon,
                    .media_required = true});
  commit(media_page({edited(with(post("edited"), photo("a")))}));

  bring_back();

  EXPECT_FALSE(is_stored("late"));
  EXPECT_FALSE(is_stored("edited"));
}

TEST_P(ErasingTest, ACopyThatIsBroughtBackKeepsWhatIsHeldSinceThoughItIsOld) {
  constexpr std::chrono::hours kDay(24);
  PageFacts old = page({post("held"), post("held no longer"), post("old")});
  old.read_at = kNoon - 2 * kDay;
  commit(old);
  commit(HoldSighting{.sighting = id_of("held no longer"), .until = kNoon + kDay, .at = kNoon});
  back_up();
  commit(HoldSighting{.sighting = id_of("held"), .until = kNoon + kDay, .at = kNoon});
  commit(HoldSighting{.sighting = id_of("held no longer"), .until = std::nullopt, .at = kNoon});
  EraseSightings of_age = erase("old");
  of_age.sightings.push_back(id_of("held no longer"));
  of_age.reason = EraseReason::Retention;
  of_age.noted = true;
  commit(of_age);
  commit(NoteAge{.first_seen_before = kNoon - kDay, .at = kNoon});

  bring_back();

  EXPECT_TRUE(is_stored("held"));
  EXPECT_FALSE(is_stored("held no longer"));
  EXPECT_FALSE(is_stored("old"));
  ASSERT_THAT(store->holds().value(), SizeIs(1));
  EXPECT_EQ(store->holds().value().front().until, kNoon + kDay);
}

TEST_P(ErasingTest, APictureSparesInACopyWhatItSparedWhenItWasErased) {
  const TimePoint until = kNoon + std::chrono::hours(24);
  commit(page({with(post("held before"), photo("a")), with(post("held after"), photo("a")),
               with(post("despite"), photo("c", 90)), with(post("over"), photo("d", 180))}));
  back_up();
  for (const char* const name : {"held before", "despite", "over"}) {
    commit(HoldSighting{.sighting = id_of(name), .until = until, .at = kNoon});
  }
  const auto erase_it = [&](const Photo& photo, bool despite_hold, TimePoint at) {
    ErasePicture asked = erase_picture(photo);
    asked.watches_without_media = {"watch"};
    asked.despite_hold = despite_hold;
    asked.at = at;
    commit(asked);
  };
  erase_it(photo("a"), false, kNoon);
  erase_it(photo("c", 90), true, kNoon);
  erase_it(photo("d", 180), false, until);
  commit(HoldSighting{.sighting = id_of("held after"), .until = until, .at = kNoon});
  const auto all = [&] {
    return std::vector{statuses("held before"), statuses("held after"), statuses("despite"),
                       statuses("over")};
  };
  const auto before = all();

  bring_back();

  EXPECT_THAT(before,
              ElementsAre(ElementsAre(ImageStatus::Stored), ElementsAre(ImageStatus::Refused),
                          ElementsAre(ImageStatus::Refused), ElementsAre(ImageStatus::Refused)));
  EXPECT_EQ(all(), before);
}

TEST_P(ErasingTest, AnErasureOfAnAuthorSparesInACopyWhatItSpared) {
  const TimePoint until = kNoon + std::chrono::hours(24);
  commit(page({by(post("held"), "ben"), by(post("gone"), "ben"), by(post("despite"), "eve")}));
  for (const char* const name : {"held", "despite"}) {
    commit(HoldSighting{.sighting = id_of(name), .until = until, .at = kNoon});
  }
  back_up();
  commit(RefuseAuthor{.author_uri = "https://example.org/users/ben", .at = kNoon});
  commit(RefuseAuthor{
      .author_uri = "https://example.org/users/eve", .despite_hold = true, .at = kNoon});

  bring_back();

  EXPECT_TRUE(is_stored("held"));
  EXPECT_FALSE(is_stored("gone"));
  EXPECT_FALSE(is_stored("despite"));
}

TEST_P(ErasingTest, AHoldThatWasOverSparesNothingInACopy) {
  constexpr std::chrono::hours kDay(24);
  PageFacts old = page({post("over"), post("still held"), post("never held")});
  old.read_at = kNoon - 2 * kDay;
  commit(old);
  commit(HoldSighting{.sighting = id_of("over"), .until = kNoon + kDay, .at = kNoon});
  commit(HoldSighting{.sighting = id_of("still held"), .until = kNoon + 9 * kDay, .at = kNoon});
  back_up();
  commit(NoteAge{.first_seen_before = kNoon - kDay, .at = kNoon + 2 * kDay});

  bring_back();

  EXPECT_FALSE(is_stored("over"));
  EXPECT_TRUE(is_stored("still held"));
  EXPECT_FALSE(is_stored("never held"));
}

TEST_P(ErasingTest, APostThatCameAgainAndWasHeldStaysInACopyThoughItHadGone) {
  commit(page({post("1")}));
  back_up();
  for (const auto at : {kNoon, kNoon + kRecheckDelay}) {
    commit(RecheckFacts{.verdicts = {{.sighting = id_of("1"), .gone = true}}, .checked_at = at});
  }
  commit(page({post("1")}));
  commit(
      HoldSighting{.sighting = id_of("1"), .until = kNoon + std::chrono::hours(24), .at = kNoon});

  bring_back();

  EXPECT_TRUE(is_stored("1"));
  EXPECT_THAT(store->holds().value(), SizeIs(1));
}

TEST_P(ErasingTest, WhatIsHeldAndNotInTheCopyIsHeldWhenItComesAgain) {
  const TimePoint until = kNoon + std::chrono::hours(24);
  back_up();
  commit(page({post("held"), post("erased"), post("over")}));
  commit(HoldSighting{.sighting = id_of("held"), .until = until, .at = kNoon});
  commit(HoldSighting{.sighting = id_of("erased"), .until = until, .at = kNoon});
  commit(HoldSighting{.sighting = id_of("over"),
                      .until = kNoon - std::chrono::hours(1),
                      .at = kNoon - std::chrono::hours(2)});
  EraseSightings despite = erase("erased");
  despite.despite_hold = true;
  commit(despite);

  bring_back();

  EXPECT_FALSE(is_stored("held"));
  commit(page({post("held"), post("erased"), post("over")}));
  ASSERT_THAT(store->holds().value(), SizeIs(1));
  EXPECT_EQ(store->holds().value().front().sighting, id_of("held"));
  EXPECT_EQ(store->holds().value().front().until, until);
}

TEST_P(ErasingTest, AnErasureThatWasNotedAndCutShortIsFinished) {
  commit(page({post("1"), post("2")}));
  store.reset();
  {
    const auto ledger = ErasureLedger::open(options().erasure_ledger, key(), 0).value();
    const LedgerNote note = ErasedPost{.post = id_of("1"), .is_refused = true};
    ASSERT_TRUE(ledger->append({&note, 1}, kNoon));
  }

  reopen();

  EXPECT_FALSE(is_stored("1"));
  EXPECT_TRUE(is_stored("2"));
  EXPECT_THAT(store->refusals(), SizeIs(1));
}

TEST_P(ErasingTest, AStoreRefusesToOpenWithoutItsLedger) {
  commit(page({post("1")}));
  commit(erase("1"));
  store.reset();
  std::filesystem::remove_all(options().erasure_ledger);

  const auto opened = Store::open(options(), key());

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().reason, "ledger");
  EXPECT_THAT(opened.error().message, HasSubstr("is missing"));
}

TEST_P(ErasingTest, AStoreRefusesALedgerThatIsOlderThanItself) {
  commit(page({post("1"), post("2")}));
  commit(erase("1"));
  store.reset();
  const auto log = options().erasure_ledger / "ledger";
  std::filesystem::copy(log, folder.path() / "older");
  reopen();
  commit(erase("2"));
  store.reset();
  std::filesystem::rename(folder.path() / "older", log);

  const auto opened = Store::open(options(), key());

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().reason, "ledger");
}

TEST_P(ErasingTest, TheLedgerIsOneStoresAtATime) {
  StoreOptions other = options();
  other.path = folder.path() / "other";

  const auto opened = Store::open(other, key());

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().reason, "locked");
}

TEST_P(ErasingTest, TheLedgerHoldsNoTextAndNoHashOfAPictureInClear) {
  commit(page({by(post("1"), "ana"), with(post("2"), photo("a", 100))}));
  commit(erase("1"));
  commit(RefuseAuthor{.author_uri = "https://example.org/users/ana", .at = kNoon});
  commit(erase_picture(photo("a", 100)));
  store.reset();

  std::ifstream in(options().erasure_ledger / "ledger", std::ios::binary);
  const std::string content(std::istreambuf_iterator<char>(in), {});
  const PdqHash hash = photo("a", 100).pdq.hash;
  const std::string bytes(reinterpret_cast<const char*>(hash.words.data()), 8);

  EXPECT_GT(content.size(), 300U);
  for (const std::string& planted : {std::string("example.org"), std::string(id_of("1").text()),
                                     std::string(photo("a").id.text()), bytes}) {
    EXPECT_EQ(content.find(planted), std::string::npos) << planted;
  }
  EXPECT_EQ(std::filesystem::exists(options().erasure_ledger / "key"), !is_sealed());
}

INSTANTIATE_TEST_SUITE_P(Stores, ErasingTest, ::testing::Values(Sealing::Clear, Sealing::Sealed),
                         name_of);

TEST(ErasureLedgerTest, FollowsTheStoreToAnotherKey) {
  const TemporaryDirectory directory;
  const StoreOptions options{.path = directory.path() / "store",
                             .erasure_ledger = directory.path() / "ledger"};
  auto store = Store::open(options).value();
  ASSERT_TRUE(store->commit(page({post("1")})));
  ASSERT_TRUE(store->commit(erase("1")));
  store.reset();

  store = Store::open(options, store_key('a')).value();
  EXPECT_FALSE(std::filesystem::exists(options.erasure_ledger / "key"));
  EXPECT_TRUE(store->refuses(post("1").post));
  while (store->statistics().is_being_sealed) {
    std::this_thread::yield();
  }
  ASSERT_TRUE(store->change_key(store_key('b')));
  store.reset();

  EXPECT_EQ(ErasureLedger::open(options.erasure_ledger, store_key('a'), 1).error().reason, "key");
  store = Store::open(options, store_key('b')).value();
  EXPECT_TRUE(store->refuses(post("1").post));
}

}  // namespace
}  // namespace sightingd::test
