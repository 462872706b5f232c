#include "tests/system/installation.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace sightingd::test {
namespace {

using std::chrono::seconds;

TEST(LifecycleTest, StopsCleanlyWithinTenSecondsUnderLoad) {
  const LoopbackMastodon server({"--posts=5000", "--posts-with-photo=5000", "--photo-width=160",
                                 "--photo-height=120", "--authors=500"});
  const Installation installation(server.url());
  const auto daemon = installation.start();
  ASSERT_TRUE(eventually(seconds(30), [&server] { return server.requests() > 200; }))
      << daemon->err();

  daemon->signal(SIGTERM);

  EXPECT_EQ(daemon->wait(seconds(10)), 0) << daemon->err();
  ASSERT_TRUE(installation.complete());
  FeedConsumer consumer;
  installation.catch_up(consumer);
  EXPECT_EQ(truth_of(consumer.records()), server.posts_with_pictures());
}

TEST(LifecycleTest, StopsWhileItsSourceDripsAndStalls) {
  const LoopbackMastodon server({"--posts=400", "--posts-with-photo=200", "--fault-rate=1"});
  const Installation installation(server.url());
  const auto daemon = installation.start();
  ASSERT_TRUE(eventually(seconds(30), [&server] { return server.requests() > 0; }));

  daemon->signal(SIGINT);

  EXPECT_EQ(daemon->wait(seconds(10)), 0) << daemon->err();
}

TEST(LifecycleTest, WaitsForAStoreThatAnotherProcessHolds) {
  const LoopbackMastodon server({"--posts=50", "--posts-with-photo=10"});
  const Installation installation(server.url());
  auto first = installation.start();
  ASSERT_TRUE(eventually(seconds(30), [&installation] { return installation.answers(); }));

  auto second = installation.start({"--once"});
  EXPECT_FALSE(second->wait(seconds(1)));
  first->signal(SIGTERM);

  EXPECT_EQ(first->wait(seconds(10)), 0);
  EXPECT_EQ(second->wait(seconds(60)), 0) << second->err();
}

TEST(LifecycleTest, TellsThatItsSocketIsTaken) {
  const LoopbackMastodon server({"--posts=50", "--posts-with-photo=10"});
  const Installation one(server.url());
  const Installation other(server.url());
  const auto daemon = one.start();
  ASSERT_TRUE(eventually(seconds(30), [&one] { return one.answers(); })) << daemon->err();
  std::filesystem::create_symlink(one.socket(), other.socket());

  const auto second = other.start();

  EXPECT_EQ(second->wait(seconds(30)), 69) << second->err();
  EXPECT_TRUE(one.answers());
}

TEST(LifecycleTest, TakesOverTheSocketOfADaemonThatWasKilled) {
  const LoopbackMastodon server({"--posts=50", "--posts-with-photo=10"});
  const Installation installation(server.url());
  const auto killed = installation.start();
  ASSERT_TRUE(eventually(seconds(30), [&installation] { return installation.answers(); }));
  killed->signal(SIGKILL);
  killed->wait(seconds(10));

  const auto daemon = installation.start();

  EXPECT_TRUE(eventually(seconds(30), [&installation] { return installation.answers(); }))
      << daemon->err();
}

TEST(LifecycleTest, EndsIncompleteWhenItsSourceIsDown) {
  const Installation installation("http://127.0.0.1:1");

  const auto finished =
      run({program("sightingd"), "--config", installation.config(), "--once", "--once-wait", "2s"});

  EXPECT_EQ(finished.status, 75);
  EXPECT_NE(finished.err.find("campaign"), std::string::npos) << finished.err;
}

TEST(LifecycleTest, RefusesAConfigurationWithMistakes) {
  const TemporaryDirectory directory;
  const auto config = directory.path() / "sightingd.toml";
  std::ofstream(config) << "[store]\npaht = \"x\"\n[[watch]]\nname = \"A B\"\n";

  EXPECT_EQ(run({program("sightingd"), "--config", config}).status, 78);
  EXPECT_EQ(run({program("sightingd"), "--config", config, "--check-config"}).status, 78);
  EXPECT_EQ(run({program("sightingctl"), "check", config}).status, 1);
}

TEST(LifecycleTest, ExplainsItsUsage) {
  EXPECT_EQ(run({program("sightingd"), "--nonsense"}).status, 2);
  EXPECT_EQ(run({program("sightingd"), "--version"}).status, 0);
  EXPECT_EQ(run({program("sightingctl"), "nonsense"}).status, 2);
  EXPECT_EQ(run({program("sightingctl"), "--help"}).status, 0);
}

TEST(LifecycleTest, SaysThatNoDaemonRuns) {
  const Installation installation("http://127.0.0.1:1");

  EXPECT_EQ(installation.ctl({"status"}).status, 3);
}

TEST(LifecycleTest, SaysThatASightingIsNotThere) {
  const Installation installation("http://127.0.0.1:1");

  EXPECT_EQ(installation.ctl({"show", "sg_aaaaaaaaaaaaaaaaaaaaaaaaaa"}).status, 1);
}

}  // namespace
}  // namespace sightingd::test
