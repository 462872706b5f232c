// The daemon as it is shipped, on a disk that is full or nearly so.
#include "tests/system/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

namespace sightingd::test {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FullDiskServiceTest : public ::testing::Test {
 protected:
  std::unique_ptr<Process> start(std::string fault = {}) const {
    return installation.start_on({.fault = std::move(fault), .full = full(), .free = free()});
  }
  std::filesystem::path full() const { return installation.directory() / "full"; }
  std::filesystem::path free() const { return installation.directory() / "free"; }
  void set_free(const std::string& bytes) const {
    std::ofstream(installation.directory() / "free.new") << bytes;
    std::filesystem::rename(installation.directory() / "free.new", free());
  }
  bool status_says(const std::string& text) const {
    return eventually(seconds(60), [&] {
      return installation.ctl({"status", "--json"}).out.find(text) != std::string::npos;
    });
  }
  Records feed() const {
    FeedConsumer consumer;
    installation.catch_up(consumer);
    return consumer.records();
  }
  /// Pictures that met the full disk are tried again after a minute.
  void expect_all_posts() const {
    const auto missing = [&] {
      return differences(truth_of(feed()), server.posts_with_pictures());
    };
    EXPECT_TRUE(eventually(seconds(150), [&] { return missing().empty(); }));
    EXPECT_THAT(missing(), IsEmpty());
  }

  const LoopbackMastodon server{{"--posts=200", "--posts-with-photo=200"}};
  const Installation installation{server.url()};
};

TEST_F(FullDiskServiceTest, TakesNothingInBelowKeepFreeAndGoesOnByItself) {
  set_free("900000000");
  const auto daemon = start();

  ASSERT_TRUE(status_says("store.keep_free")) << daemon->err();
  EXPECT_TRUE(status_says("waiting_for_space"));
  EXPECT_EQ(server.requests(), 0U);
  set_free("9000000000");
  expect_all_posts();

  set_free("900000000");
  ASSERT_TRUE(status_says("store.keep_free"));
  const auto erased =
      installation.ctl({"erase", "--post", server.posts_with_pictures().begin()->first, "--reason",
                        "asked by the author"});
  EXPECT_EQ(erased.status, 0) << erased.err;
  EXPECT_EQ(feed().size() + 1, server.posts_with_pictures().size());
}

TEST_F(FullDiskServiceTest, HoldsWhatItHasReadWhileTheDiskIsFullAndGoesOnByItself) {
  set_free("9000000000");
  const auto daemon = start("write:log:9:full");

  ASSERT_TRUE(status_says("the disk of the store is full")) << daemon->err();
  const auto paused = installation.ctl({"watch", "pause", "campaign"});
  EXPECT_NE(paused.status, 0);
  EXPECT_THAT(paused.err, HasSubstr("no space is left"));
  std::filesystem::remove(full());

  expect_all_posts();
  EXPECT_FALSE(daemon->ended()) << daemon->err();
}

TEST_F(FullDiskServiceTest, StopsWhileTheDiskIsFull) {
  set_free("9000000000");
  const auto daemon = start("write:log:9:full");
  ASSERT_TRUE(status_says("the disk of the store is full")) << daemon->err();

  daemon->signal(SIGTERM);

  EXPECT_EQ(daemon->wait(seconds(20)), 0) << daemon->err();
  std::filesystem::remove(full());
  const auto again = start();
  expect_all_posts();
}

TEST_F(FullDiskServiceTest, EndsForARestartWhenAWriteFails) {
  set_free("9000000000");
  const auto failed = start("sync:log:6:EIO");
  EXPECT_EQ(failed->wait(seconds(60)), 75) << failed->err();
  EXPECT_THAT(failed->err(), HasSubstr("store-failed"));

  const auto daemon = start();
  expect_all_posts();
}

}  // namespace
}  // namespace sightingd::test
