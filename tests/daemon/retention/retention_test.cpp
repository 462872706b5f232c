#include "daemon/retention/retention.h"
#include "storage/audit/audit_log.h"
#include "storage/backup/backups.h"
#include "tests/storage/store_builders.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_directory.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace sightingd::test {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RetentionTest : public ::testing::Test {
 protected:
  ~RetentionTest() override { workers.join(); }

  /// A post that is first seen now.
  void arrive(const std::string& name) {
    PageFacts facts = page({post(name)});
    facts.read_at = clock.now();
    ASSERT_TRUE(store->commit(std::move(facts)));
  }
  void sweep() {
    bool done = false;
    asio::co_spawn(loop, retention.sweep(), [&](const std::exception_ptr& failure) {
      EXPECT_FALSE(failure);
      done = true;
    });
    loop.restart();
    while (!done && loop.run_one_for(20s) != 0) {
    }
    ASSERT_TRUE(done);
  }
  bool is_stored(const std::string& name) {
    return store->sighting(id_of(name)).value().has_value();
  }
  std::vector<FeedEvent> feed(const FeedCursor& after = {}) {
    return store->feed(after, 10'000).value();
  }

  TemporaryDirectory directory;
  ManualClock clock{kNoon};
  asio::io_context loop{1};
  asio::thread_pool workers{1};
  Journal journal{LogLevel::Error};
  std::string doubt;
  std::unique_ptr<Store> store = Store::open({.path = directory.path() / "store", .keep_free = 0},
                                             SecretKey::of(std::string(SecretKey::kSize, 'k')))
                                     .value();
  RetentionOptions options{.sightings = std::chrono::days(10), .tombstones = std::chrono::days(3)};
  Retention retention{
      {loop.get_executor(), *store, workers, clock, journal, [this] { return doubt; },
       [](const Error& error) { FAIL() << error.message; }},
      options};
};

TEST_F(RetentionTest, ErasesWhatIsOlderThanItMayBeAndNothingElse) {
  arrive("old");
  clock.advance(24h);
  arrive("young");
  clock.advance(9 * 24h + 1s);

  sweep();

  EXPECT_FALSE(is_stored("old"));
  EXPECT_TRUE(is_stored("young"));
  EXPECT_EQ(feed().back().reason, EraseReason::Retention);
  EXPECT_EQ(retention.status(), RetentionStatus());
  EXPECT_FALSE(store->refuses(post("old").post)) << "age refuses nothing";
}

TEST_F(RetentionTest, SaysForHowLongTheOldestHasBeenDue) {
  arrive("1");
  clock.advance(10 * 24h);
  sweep();
  EXPECT_EQ(retention.status().lag, 0s);

  clock.advance(90s);
  EXPECT_EQ(retention.status().lag, 90s);

  sweep();
  EXPECT_EQ(retention.status().lag, 0s);
}

TEST_F(RetentionTest, LeavesWhatIsHeld) {
  arrive("held");
  arrive("old");
  ASSERT_TRUE(store->commit(
      HoldSighting{.sighting = id_of("held"), .until = clock.now() + 20 * 24h, .at = clock.now()}));
  clock.advance(11 * 24h);

  sweep();

  EXPECT_TRUE(is_stored("held"));
  EXPECT_FALSE(is_stored("old"));
  EXPECT_EQ(retention.status(), RetentionStatus());

  clock.advance(10 * 24h);
  sweep();
  EXPECT_FALSE(is_stored("held")) << "nobody holds it any more";
}

TEST_F(RetentionTest, ErasesNothingWhileTheClockIsInDoubt) {
  arrive("1");
  clock.set(clock.now() + 365 * 24h);
  doubt = "the clock was set";

  sweep();
  EXPECT_TRUE(is_stored("1"));
  EXPECT_EQ(retention.status().stopped, "the clock was set");
  EXPECT_EQ(retention.status().lag, 355 * 24h);

  clock.set(kNoon + 11 * 24h);
  doubt.clear();
  sweep();
  EXPECT_FALSE(is_stored("1"));
  EXPECT_EQ(retention.status().stopped, "");
}

TEST_F(RetentionTest, SweepsNoMoreThanATwentiethAtOnce) {
  for (int i = 0; i < 25; ++i) {
    arrive("old " + std::to_string(i));
  }
  clock.advance(11 * 24h);
  for (int i = 0; i < 30; ++i) {
    arrive("young " + std::to_string(i));
  }

  sweep();

  EXPECT_EQ(store->statistics().sightings, 55U);
  EXPECT_THAT(retention.status().stopped,
              HasSubstr("sightingctl erase --older-than 864000s --reason TEXT --confirm"));

  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(store->commit(erase("old " + std::to_string(i))));
  }
  sweep();
  EXPECT_EQ(store->statistics().sightings, 30U);
  EXPECT_EQ(retention.status().stopped, "");
}

TEST_F(RetentionTest, IsNotKeptBackByWhatCameWhileTheClockWasWrong) {
  clock.set(kNoon + 365 * 24h);
  arrive("from the future");
  clock.set(kNoon);
  arrive("old");
  clock.advance(11 * 24h);

  sweep();

  EXPECT_TRUE(is_stored("from the future"));
  EXPECT_FALSE(is_stored("old"));
}

TEST_F(RetentionTest, FindsWhatStandsBehindWhatCameWhileTheClockWasWrong) {
  clock.set(kNoon + 5 * 24h);
  arrive("dated too late");
  clock.set(kNoon);
  arrive("old");
  clock.advance(6 * 24h);
  sweep();
  EXPECT_TRUE(is_stored("old"));

  clock.advance(5 * 24h);
  sweep();

  EXPECT_FALSE(is_stored("old"));
  EXPECT_TRUE(is_stored("dated too late"));
}

TEST_F(RetentionTest, KeepsForGoodWhereNoEndIsSet) {
  arrive("1");
  retention.set({.sightings = std::nullopt, .tombstones = std::nullopt});
  clock.advance(10'000 * 24h);

  sweep();

  EXPECT_TRUE(is_stored("1"));
  EXPECT_EQ(retention.status(), RetentionStatus());
}

TEST_F(RetentionTest, DestroysTheKeysOfBackupsWhoseTimeIsOver) {
  ASSERT_TRUE(store->backups().begin({}, clock.now(), 24h));
  clock.advance(24h - 1s);
  sweep();
  EXPECT_TRUE(store->backups().reach()->until);

  clock.advance(1s);
  doubt = "the clock jumped";
  sweep();
  EXPECT_TRUE(store->backups().reach()->until);

  doubt.clear();
  sweep();
  EXPECT_FALSE(store->backups().reach()->until);
}

TEST_F(RetentionTest, TellsTheAuditLog) {
  arrive("1");
  clock.advance(11 * 24h);

  sweep();

  ASSERT_TRUE(store->audit().note({.kind = AuditKind::Stopped, .time = clock.now()}));
  auto reader = store->audit().read().value();
  const auto entry = reader.next().value().value();
  EXPECT_EQ(entry.event.kind, AuditKind::Erasure);
  EXPECT_EQ(entry.event.count, 1U);
  EXPECT_THAT(entry.event.details, ElementsAre("retention"));
}

TEST_F(RetentionTest, ForgetsTombstonesWhenTheirTimeIsOver) {
  arrive("stays");
  arrive("goes");
  sweep();
  const FeedCursor before_the_erasure = store->newest_cursor();
  ASSERT_TRUE(store->commit(erase("goes")));
  const FeedCursor after_the_erasure = feed().back().cursor;
  for (int day = 0; day < 4; ++day) {
    clock.advance(24h);
    sweep();
    EXPECT_THAT(feed(before_the_erasure), SizeIs(1)) << day;
  }

  clock.advance(24h);
  sweep();

  EXPECT_THAT(feed(), SizeIs(1)) << "no tombstone";
  EXPECT_EQ(store->feed(before_the_erasure, 10).error().code, ErrorCode::Gone);
  EXPECT_THAT(feed(after_the_erasure), IsEmpty());
}

TEST_F(RetentionTest, LeavesAFeedThatCanBeReadFromItsBeginning) {
  retention.set({.sightings = std::nullopt, .tombstones = options.tombstones});
  for (const char* name : {"1", "2", "3", "goes"}) {
    arrive(name);
  }
  ASSERT_TRUE(store->commit(erase("goes")));
  for (int day = 0; day < 6; ++day) {
    sweep();
    clock.advance(24h);
  }
  sweep();

  FeedCursor cursor;
  std::vector<SightingId> read;
  for (auto events = store->feed(cursor, 1).value(); !events.empty();
       events = store->feed(cursor, 1).value()) {
    EXPECT_GT(events.front().cursor, cursor);
    cursor = events.front().cursor;
    read.push_back(events.front().id);
    if (read.size() == 1) {
      ASSERT_TRUE(store->commit(erase("1")));
    }
  }

  EXPECT_THAT(read, ElementsAre(id_of("1"), id_of("2"), id_of("3"), id_of("1")))
      << "and the end of what was read";
}

TEST_F(RetentionTest, ForgetsAnyNumberOfTombstones) {
  std::vector<PostFacts> posts;
  EraseSightings all{.sightings = {}, .at = clock.now()};
  for (std::size_t i = 0; i < kMostTombstones + 10; ++i) {
    posts.push_back(post(std::to_string(i)));
    all.sightings.push_back(id_of(std::to_string(i)));
  }
  ASSERT_TRUE(store->commit(page(std::move(posts))));
  ASSERT_TRUE(store->commit(std::move(all)));
  sweep();
  clock.advance(4 * 24h);
  sweep();

  EXPECT_THAT(feed(), IsEmpty());
}

}  // namespace
}  // namespace sightingd::test
