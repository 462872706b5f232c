// The daemon as it is shipped, killed and cut off from power again and again while it reads a
// server that fails, a matcher downstream follows it and an operator erases.
#include "tests/support/mastodon_server/random.h"
#include "tests/system/http.h"
#include "tests/system/installation.h"
#include "tests/system/photo_links.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace sightingd::test {
namespace {

using mastodon::Random;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kSeed = 20260503;
constexpr int kPosts = 500;
/// About as many as a run gets done.
constexpr int kNewPostsBeforeAKill = 5;
/// How much a run that is not ended earlier tells the follower.
constexpr int kEventsOfARun = 40;
/// With a daemon that has nothing left to do, or waits until the server may be asked again.
constexpr seconds kPatience{2};
/// To cut the power at an operation that a run comes to.
constexpr int kTries = 8;
constexpr milliseconds kBetweenVisits{5};

int kills_wanted() {
  const char* const text = std::getenv("SIGHTINGD_KILLS");
  return text == nullptr ? 20 : std::max(1, std::atoi(text));
}

/// A matcher downstream: follows the feed of the daemon that runs, through its socket, and goes on
/// from its last cursor with the next one.
class LiveFollower {
 public:
  explicit LiveFollower(const Installation& installation)
      : installation_(installation),
        thread_([this](const std::stop_token& stop) { follow(stop); }) {}

  /// Whether it is told so many events more within this time.
  bool is_told(std::uint64_t events, seconds patience) const {
    const auto enough = told_ + events;
    return eventually(patience, [&] { return told_ >= enough; });
  }

  /// Ends when the connection does, so the daemon must be gone.
  FeedConsumer& stop() {
    thread_.request_stop();
    thread_.join();
    return consumer_;
  }

 private:
  void follow(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      read_unix_socket(installation_.socket(), "/v1/feed?follow=true&after=" + consumer_.cursor(),
                       [&](std::string_view bytes) {
                         consumer_.take(bytes);
                         told_ = consumer_.events();
                         return !stop.stop_requested();
                       });
      consumer_.disconnected();
      std::this_thread::sleep_for(kBetweenVisits);
    }
  }

  const Installation& installation_;
  FeedConsumer consumer_;
  std::atomic<std::uint64_t> told_{0};
  std::jthread thread_;
};

/// The ids of sightings.
using Ids = std::set<std::string>;

/// Looks through the feed of the daemon that runs, and has a sighting of every page erased.
class Operator {
 public:
  explicit Operator(const Installation& installation)
      : installation_(installation),
        thread_([this](const std::stop_token& stop) { erase(stop); }) {}

  /// Ends when the connection does, so the daemon must be gone.
  void stop() {
    thread_.request_stop();
    thread_.join();
  }

  const Ids& asked_for() const { return asked_for_; }
  /// Those that the daemon called erased.
  const Ids& acknowledged() const { return acknowledged_; }

 private:
  static constexpr int kPage = 10;

  void erase(const std::stop_token& stop) {
    std::string cursor;
    while (!stop.stop_requested()) {
      FeedConsumer page;
      read_unix_socket(installation_.socket(),
                       "/v1/feed?follow=true&limit=" + std::to_string(kPage) + "&after=" + cursor,
                       [&](std::string_view bytes) {
                         page.take(bytes);
                         return !stop.stop_requested();
                       });
      if (page.events() == kPage && !page.records().empty()) {
        cursor = page.cursor();
        erase(page.records().begin()->first);
      }
      std::this_thread::sleep_for(kBetweenVisits);
    }
  }

  void erase(const std::string& id) {
    asked_for_.insert(id);
    if (installation_.ctl({"erase", "--post", id, "--reason", "asked by the author"}).status == 0) {
      acknowledged_.insert(id);
    }
  }

  const Installation& installation_;
  Ids asked_for_;
  Ids acknowledged_;
  std::jthread thread_;
};

/// How many there were, by the kind of file as in FaultyDiskPlan.
using Operations = std::map<std::string, std::uint64_t>;

Operations operations_in(const std::filesystem::path& report) {
  Operations operations;
  std::ifstream lines(report);
  std::uint64_t number = 0;
  for (std::string operation, kind; lines >> operation >> kind >> number;) {
    operations[kind] += number;
    operations["any"] += number;
  }
  return operations;
}

enum class End { Kill, PowerCut, PowerCutAtWork };

class KillTest : public ::testing::Test {
 protected:
  /// In an order that only the seed knows.
  std::vector<End> ends() {
    std::vector<End> ends(static_cast<std::size_t>(kills), End::Kill);
    for (int i = 0; i < cuts; ++i) {
      ends.push_back(i % 2 == 0 ? End::PowerCut : End::PowerCutAtWork);
    }
    for (std::size_t i = ends.size() - 1; i > 0; --i) {
      std::swap(ends[i], ends[random.below(i + 1)]);
    }
    return ends;
  }

  /// What the daemon does to its disk in a run, its start included.
  Operations operations_of_a_run() const {
    const auto report = killed.directory() / "operations";
    const auto daemon = killed.start_on({.report = report});
    EXPECT_TRUE(follower.is_told(kEventsOfARun, seconds(60))) << daemon->err();
    daemon->signal(SIGTERM);
    EXPECT_EQ(daemon->wait(seconds(60)), 0) << daemon->err();
    return operations_in(report);
  }

  /// Every other time after it has told something, if it does.
  void kill_it() {
    server.happen("new", kNewPostsBeforeAKill);
    const auto daemon = killed.start();
    if (random.below(2) == 0) {
      follower.is_told(1 + random.below(kEventsOfARun), kPatience);
    }
    std::this_thread::sleep_for(microseconds(random.below(300'000)));
    ASSERT_FALSE(daemon->ended()) << daemon->err();
    daemon->signal(SIGKILL);
    daemon->wait(seconds(10));
  }

  /// At any operation, but more often at those that are few and matter most. A daemon that
  /// does not come so far is killed.
  void try_to_cut_the_power(const Operations& operations) {
    server.happen("new", kEventsOfARun);
    constexpr std::array kCuts{"cut", "cut-some", "cut-after"};
    constexpr std::array kKinds{"any", "any", "ledger", "audit"};
    const std::string kind = kKinds[random.below(kKinds.size())];
    const auto place = 1 + random.below(operations.at(kind));
    const std::string fault =
        "any:" + kind + ":" + std::to_string(place) + ":" + kCuts[random.below(kCuts.size())];
    const auto before = server.requests();
    const auto daemon =
        killed.start_on({.fault = fault, .seed = static_cast<std::uint32_t>(random.next())});
    const auto status = daemon->wait(2 * kPatience);
    EXPECT_EQ(status.value_or(-SIGKILL), -SIGKILL) << fault << '\n' << daemon->err();
    cuts_met += status ? 1 : 0;
    cuts_at_work += status && server.requests() > before ? 1 : 0;
  }

  /// Tries other operations until the power has failed, anywhere or at work. It may not: a daemon
  /// that was told to wait by its server has nothing to do.
  void cut_the_power(const Operations& operations, const int& met) {
    const int before = met;
    for (int i = 0; i < kTries && met == before; ++i) {
      try_to_cut_the_power(operations);
    }
  }

  void end_it(End end, const Operations& operations) {
    switch (end) {
      case End::Kill:
        return kill_it();
      case End::PowerCut:
        return cut_the_power(operations, cuts_met);
      case End::PowerCutAtWork:
        return cut_the_power(operations, cuts_at_work);
    }
  }

  static Records feed_from_the_beginning(const Installation& installation) {
    FeedConsumer consumer;
    installation.catch_up(consumer);
    return consumer.records();
  }

  /// What an installation has that was left in peace, and whose server does not fail.
  Records undisturbed() const {
    server.set_fault_rate(0);
    const Installation installation(server.url());
    EXPECT_TRUE(installation.complete());
    return feed_from_the_beginning(installation);
  }

  const int kills = kills_wanted();
  const int cuts = std::max(2, kills / 5);
  const LoopbackMastodon server{{"--posts=" + std::to_string(kPosts),
                                 "--posts-with-photo=" + std::to_string(kPosts / 2),
                                 "--photo-width=160", "--photo-height=120", "--repost-every=10",
                                 "--resaved-every=15", "--authors=500", "--fault-rate=0.05"}};
  const Installation killed{server.url()};
  LiveFollower follower{killed};
  Operator eraser{killed};
  Random random{kSeed};
  int cuts_met = 0;
  int cuts_at_work = 0;  ///< After the daemon had begun to ask the server.
};

TEST_F(KillTest, LosesNothingAndTellsNothingTwiceHoweverOftenItIsKilledAndItsPowerFails) {
  const Operations operations = operations_of_a_run();
  for (const End end : ends()) {
    end_it(end, operations);
    ASSERT_FALSE(HasFailure());
  }
  FeedConsumer& consumer = follower.stop();
  eraser.stop();
  ASSERT_TRUE(killed.complete());
  killed.catch_up(consumer);
  const Records fresh = feed_from_the_beginning(killed);
  const auto audit = killed.ctl({"audit", "--verify"});

  Records expected = undisturbed();
  EXPECT_THAT(differences(truth_of(expected), server.posts_with_pictures()), IsEmpty());
  for (const std::string& id : eraser.acknowledged()) {
    EXPECT_FALSE(fresh.contains(id)) << id << " was called erased";
  }
  for (const std::string& id : eraser.asked_for()) {
    if (!fresh.contains(id)) {
      expected.erase(id);
    }
  }
  EXPECT_EQ(fresh, expected);
  EXPECT_EQ(consumer.records(), expected);
  expect_links_to_add_up(killed.ctl({"feed"}).out);
  EXPECT_EQ(audit.status, 0) << audit.err;
  EXPECT_THAT(audit.out, HasSubstr("The audit log is whole"));
  EXPECT_FALSE(eraser.acknowledged().empty());
  EXPECT_GE(2 * cuts_met, cuts) << "power cuts that were met";
  std::printf(
      "kill test: %d kills, %d power cuts (%d at work), %zu of %zu erasures acknowledged, "
      "%zu sightings\n",
      kills, cuts_met, cuts_at_work, eraser.acknowledged().size(), eraser.asked_for().size(),
      fresh.size());
}

}  // namespace
}  // namespace sightingd::test
