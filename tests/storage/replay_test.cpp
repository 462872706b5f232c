// The same sequence of facts makes the same feed, whoever waits for whom; and a process that is
// killed at any moment leaves a beginning of that sequence.
#include "tests/storage/campaign.h"
#include "tests/storage/killed_writer.h"
#include "tests/storage/store_fixture.h"
#include "tests/storage/transcript.h"

#include <unistd.h>

#include <csignal>
#include <future>
#include <set>

namespace sightingd {
namespace {

using namespace sightingd::test;

TEST(ReplayTest, MakesTheSameFeedOneByOneAndAllAtOnce) {
  constexpr int kFacts = 600;
  TemporaryDirectory one_by_one_directory;
  TemporaryDirectory at_once_directory;
  const auto one_by_one = Store::open({one_by_one_directory.path()}).value();
  const auto at_once = Store::open({at_once_directory.path()}).value();
  Campaign first(7);
  Campaign second(7);

  for (int i = 0; i < kFacts; ++i) {
    Facts facts = first.next();
    auto staged = stage_all(*one_by_one, facts);
    ASSERT_TRUE(one_by_one->commit(std::move(facts), std::move(staged)));
  }
  std::vector<std::future<Result<CommitOutcome>>> outcomes;
  for (int i = 0; i < kFacts; ++i) {
    Facts facts = second.next();
    auto staged = stage_all(*at_once, facts);
    auto promise = std::make_shared<std::promise<Result<CommitOutcome>>>();
    outcomes.push_back(promise->get_future());
    at_once->commit(std::move(facts), std::move(staged),
                    [promise](Result<CommitOutcome> outcome) { promise->set_value(outcome); });
  }
  for (auto& outcome : outcomes) {
    ASSERT_TRUE(outcome.get());
  }

  EXPECT_EQ(transcript(*one_by_one), transcript(*at_once));
}

TEST(ReplayTest, KeepsItsCountersAndPhotosEqualToWhatTheFeedShows) {
  TemporaryDirectory directory;
  const auto store = Store::open({directory.path()}).value();
  Campaign campaign(11);
  for (int i = 0; i < 600; ++i) {
    Facts facts = campaign.next();
    auto staged = stage_all(*store, facts);
    ASSERT_TRUE(store->commit(std::move(facts), std::move(staged)));
  }
  // Whatever is hidden comes back.
  RecheckFacts all_there{.verdicts = {}, .checked_at = kNoon};
  for (const SuspectedPost& post : store->suspected(TimePoint::max(), 10'000).value()) {
    all_there.verdicts.push_back({.sighting = post.sighting, .gone = false});
  }
  ASSERT_TRUE(store->commit(std::move(all_there)));

  std::size_t sightings = 0;
  std::size_t pending = 0;
  std::set<PhotoId> photos;
  for (const FeedEvent& event : store->feed({}, 100'000).value()) {
    sightings += event.sighting ? 1 : 0;
    for (const SightingImageView& image : event.sighting.value_or(SightingView()).images) {
      pending += image.image.status == ImageStatus::Pending ? 1 : 0;
      if (image.photo) {
        photos.insert(image.photo->id);
        EXPECT_TRUE(store->photo_bytes(image.photo->id).value());
      }
    }
  }

  const StoreStatistics statistics = store->statistics();
  EXPECT_EQ(statistics.sightings, sightings);
  EXPECT_EQ(statistics.photos, photos.size());
  EXPECT_EQ(statistics.pending_images, pending);
  EXPECT_EQ(store
                ->pending(kNoon, true, 10'000, 10'000,
                          [](const PendingImage& image) { return image.source; })
                .value()
                .size(),
            pending);
  const std::filesystem::directory_iterator files(directory.path() / "photos");
  EXPECT_EQ(static_cast<std::size_t>(std::distance(begin(files), end(files))), photos.size());
}

TEST(ReplayTest, LeavesABeginningOfTheSequenceWhenItIsKilled) {
  for (const std::size_t acknowledged_at_least : {1U, 20U, 150U, 400U}) {
    TemporaryDirectory directory;
    KilledWriter writer(CAMPAIGN_WRITER, directory.path() / "killed");
    const std::optional<std::uint64_t> acknowledged = writer.kill_after(acknowledged_at_least);
    ASSERT_TRUE(acknowledged);

    const auto killed = Store::open({directory.path() / "killed"}).value();

    // What survived is what some number of facts make, and no acknowledged one is missing.
    const std::string survived = transcript(*killed);
    const auto replayed = Store::open({directory.path() / "replayed"}).value();
    Campaign campaign(kWriterSeed);
    bool equal = false;
    for (std::size_t i = 0; i < *acknowledged + 2000 && !equal; ++i) {
      Facts facts = campaign.next();
      auto staged = stage_all(*replayed, facts);
      ASSERT_TRUE(replayed->commit(std::move(facts), std::move(staged)));
      equal = i + 1 >= *acknowledged && replayed->newest_cursor() == killed->newest_cursor() &&
              transcript(*replayed) == survived;
    }
    EXPECT_TRUE(equal);
    for (const FeedEvent& event : killed->feed({}, 100'000).value()) {
      for (const SightingImageView& image : event.sighting.value_or(SightingView()).images) {
        if (image.photo) {
          EXPECT_TRUE(killed->photo_bytes(image.photo->id).value());
        }
      }
    }
  }
}

}  // namespace
}  // namespace sightingd
