#include "tests/system/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sightingd::test {
namespace {

using std::chrono::minutes;
using ::testing::IsEmpty;

Truth feed_from_the_beginning(const Installation& installation) {
  FeedConsumer consumer;
  installation.catch_up(consumer);
  return truth_of(consumer.records());
}

void expect_every_kind_of_fault(const LoopbackMastodon& server) {
  const rapidjson::Document statistics = server.statistics();
  const auto faults = statistics["faults"].GetObject();
  EXPECT_EQ(faults.MemberCount(), 10U);
  for (const auto& fault : faults) {
    EXPECT_GT(fault.value.GetUint64(), 0U) << fault.name.GetString();
  }
}

TEST(SetEqualityTest, BringsEveryPostAndPhotoOnce) {
  const LoopbackMastodon server({"--posts=300", "--posts-with-photo=90", "--photos-per-post=4",
                                 "--repost-every=7", "--resaved-every=9"});
  const Installation installation(server.url());

  const auto once = installation.once();

  EXPECT_EQ(once.status, 0) << once.err;
  EXPECT_THAT(differences(feed_from_the_beginning(installation), server.posts_with_pictures()),
              IsEmpty());
}

TEST(SetEqualityTest, FollowsAnAccount) {
  const LoopbackMastodon server({"--posts=120", "--posts-with-photo=60", "--authors=3"});
  const Installation installation(
      server.url(),
      {{.name = "one-account", .subject = "account = \"watcher1@loopback.example\""}});

  ASSERT_TRUE(installation.complete());

  auto expected = server.posts_with_pictures();
  std::erase_if(expected, [](const auto& post) {
    return post.first.find("/users/watcher1/") == std::string::npos;
  });
  EXPECT_FALSE(expected.empty());
  EXPECT_THAT(differences(feed_from_the_beginning(installation), expected), IsEmpty());
}

TEST(SetEqualityTest, LosesNothingWhenOneRequestInTwentyFails) {
  const LoopbackMastodon server({"--posts=3000", "--posts-with-photo=2500", "--photo-width=160",
                                 "--photo-height=120", "--authors=500", "--fault-rate=0.05"});
  const Installation installation(server.url());

  ASSERT_TRUE(installation.complete());

  expect_every_kind_of_fault(server);
  EXPECT_THAT(differences(feed_from_the_beginning(installation), server.posts_with_pictures()),
              IsEmpty());
}

TEST(SetEqualityTest, LosesNothingWhenEveryThirdRequestFails) {
  const LoopbackMastodon server(
      {"--posts=200", "--posts-with-photo=40", "--fault-rate=0.34", "--fault-seed=5"});
  const Installation installation(server.url());

  ASSERT_TRUE(installation.complete());

  EXPECT_THAT(differences(feed_from_the_beginning(installation), server.posts_with_pictures()),
              IsEmpty());
}

// All posts lie within the quarter of an hour that is read again at every poll.
TEST(SetEqualityTest, FindsLateArrivalsEditsAndDeletions) {
  const LoopbackMastodon server({"--posts=100", "--posts-with-photo=100", "--span=500"});
  const Installation installation(server.url());
  ASSERT_TRUE(installation.complete());

  server.happen("late", 6, minutes(3));
  server.happen("edit", 8, minutes(8));
  server.happen("delete", 5, minutes(8));
  server.happen("new", 4);
  ASSERT_TRUE(installation.complete());

  EXPECT_THAT(differences(feed_from_the_beginning(installation), server.posts_with_pictures()),
              IsEmpty());
}

TEST(SetEqualityTest, FindsThemToldByAServerThatFails) {
  const LoopbackMastodon server(
      {"--posts=100", "--posts-with-photo=100", "--span=500", "--fault-rate=0.05"});
  const Installation installation(server.url());
  ASSERT_TRUE(installation.complete());

  server.happen("late", 6, minutes(3));
  server.happen("edit", 8, minutes(8));
  server.happen("delete", 5, minutes(8));
  server.happen("new", 4);
  ASSERT_TRUE(installation.complete());

  EXPECT_THAT(differences(feed_from_the_beginning(installation), server.posts_with_pictures()),
              IsEmpty());
}

TEST(SetEqualityTest, ReadsPostsThatArriveWhileItWalks) {
  const LoopbackMastodon server({"--posts=400", "--posts-with-photo=100", "--event=1:new=5",
                                 "--event=2:new=45", "--event=2:late=3"});
  const Installation installation(server.url());
  ASSERT_TRUE(installation.complete());

  server.happen("new", 1);
  ASSERT_TRUE(installation.complete());

  EXPECT_THAT(differences(feed_from_the_beginning(installation), server.posts_with_pictures()),
              IsEmpty());
}

TEST(SetEqualityTest, AsksForNothingTwiceAfterARestart) {
  const LoopbackMastodon server({"--posts=200", "--posts-with-photo=60"});
  const Installation installation(server.url());
  ASSERT_TRUE(installation.complete());
  const auto photos = server.statistics()["photos"].GetUint64();

  ASSERT_TRUE(installation.complete());

  EXPECT_EQ(server.statistics()["photos"].GetUint64(), photos);
}

}  // namespace
}  // namespace sightingd::test
