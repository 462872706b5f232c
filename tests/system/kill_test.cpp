#include "pipeline/photo.h"
#include "pipeline/similarity/pdq_hash.h"
#include "tests/support/mastodon_server/random.h"
#include "tests/system/http.h"
#include "tests/system/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <iterator>
#include <map>
#include <set>
#include <thread>

namespace sightingd::test {
namespace {

using mastodon::Random;
using std::chrono::milliseconds;
using ::testing::IsEmpty;

constexpr int kPosts = 5000;
constexpr int kMorePosts = 100;
constexpr std::uint64_t kSeed = 20260503;

int kills_wanted() {
  const char* const text = std::getenv("SIGHTINGD_KILLS");
  return text == nullptr ? 20 : std::max(1, std::atoi(text));
}

/// A matcher downstream: follows the feed of the daemon that runs, through its socket, and goes on
/// from its last cursor with the next one.
class LiveFollower {
 public:
  explicit LiveFollower(const Installation& installation)
      : installation_(installation), thread_([this] { follow(); }) {}
  ~LiveFollower() { stop(); }
  LiveFollower(const LiveFollower&) = delete;
  LiveFollower& operator=(const LiveFollower&) = delete;

  /// Ends when the connection does, so the daemon must be gone.
  FeedConsumer& stop() {
    stopping_ = true;
    if (thread_.joinable()) {
      thread_.join();
    }
    return consumer_;
  }

 private:
  void follow() {
    while (!stopping_) {
      read_unix_socket(installation_.socket(), "/v1/feed?follow=true&after=" + consumer_.cursor(),
                       [this](std::string_view bytes) {
                         consumer_.take(bytes);
                         return !stopping_;
                       });
      consumer_.disconnected();
      std::this_thread::sleep_for(milliseconds(5));
    }
  }

  const Installation& installation_;
  FeedConsumer consumer_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

/// The links of all stored images in `feed`.
struct Links {
  std::map<std::string, int> shown;    ///< By photo: how many images show it.
  std::map<std::string, int> exact;    ///< How many of them are linked to the first.
  std::set<std::string> near;          ///< Photos with a near link.
  std::map<std::string, PdqHash> pdq;  ///< Of the photos that may have one.
};

Links links_in(const std::string& feed) {
  Links links;
  std::istringstream lines(feed);
  for (std::string line; std::getline(lines, line);) {
    rapidjson::Document event;
    event.Parse(line.data(), line.size());
    if (event.HasParseError() || !event.HasMember("images")) {
      continue;
    }
    for (const auto& image : event["images"].GetArray()) {
      if (std::string_view(image["status"].GetString()) != "stored") {
        continue;
      }
      const std::string photo = image["photo"].GetString();
      ++links.shown[photo];
      if (image["pdq_quality"].GetInt() >= kLeastMatchableQuality) {
        links.pdq[photo] = pdq_from_hex(image["pdq"].GetString()).value();
      }
      const auto& duplicate = image["duplicate"];
      if (!duplicate.IsObject()) {
        continue;
      }
      if (std::string_view(duplicate["kind"].GetString()) == "exact") {
        EXPECT_EQ(photo, duplicate["of"].GetString());
        ++links.exact[photo];
      } else {
        links.near.insert(photo);
      }
    }
  }
  return links;
}

/// Every photo that several images show is a duplicate in all of them but one.
void expect_exact_links_to_add_up(const Links& links) {
  for (const auto& [photo, count] : links.shown) {
    const auto linked = links.exact.find(photo);
    EXPECT_EQ(linked == links.exact.end() ? 0 : linked->second, count - 1) << photo;
  }
}

/// Of two photos that look alike, the one that was stored later has a link to the nearest.
void expect_near_links_to_add_up(const Links& links) {
  std::size_t alike = 0;
  for (auto one = links.pdq.begin(); one != links.pdq.end(); ++one) {
    for (auto other = std::next(one); other != links.pdq.end(); ++other) {
      if (distance(one->second, other->second) <= kNearDistance) {
        ++alike;
        EXPECT_TRUE(links.near.contains(one->first) || links.near.contains(other->first))
            << one->first << " and " << other->first;
      }
    }
  }
  EXPECT_GE(alike, links.pdq.size() / 30) << "every fifteenth is saved again";
}

TEST(KillTest, LosesNothingAndTellsNothingTwiceHoweverOftenItIsKilled) {
  const LoopbackMastodon server({"--posts=" + std::to_string(kPosts),
                                 "--posts-with-photo=" + std::to_string(kPosts),
                                 "--photo-width=160", "--photo-height=120", "--repost-every=10",
                                 "--resaved-every=15", "--authors=500"});
  const Installation killed(server.url());
  const int kills = kills_wanted();
  // A page is 40 posts with a photo each: some runs commit a page or two, some none.
  const auto longest = std::max<std::uint64_t>(2 * kPosts / static_cast<std::uint64_t>(kills), 100);
  Random random(kSeed);
  LiveFollower follower(killed);

  for (int i = 0; i < kills; ++i) {
    const auto before = server.requests();
    const auto enough = before + 1 + random.below(longest);
    auto daemon = killed.start();
    const bool busy =
        eventually(std::chrono::seconds(10), [&] { return server.requests() >= enough; });
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(3000)));
    ASSERT_FALSE(daemon->ended()) << daemon->err();
    daemon->signal(SIGKILL);
    daemon->wait(std::chrono::seconds(10));
    if (!busy) {
      server.happen("new", kMorePosts);  // It had read everything.
    }
  }
  auto& consumer = follower.stop();
  ASSERT_TRUE(killed.complete());
  killed.catch_up(consumer);
  FeedConsumer from_the_beginning;
  killed.catch_up(from_the_beginning);
  const Installation undisturbed(server.url());
  ASSERT_TRUE(undisturbed.complete());
  FeedConsumer reference;
  undisturbed.catch_up(reference);

  EXPECT_THAT(differences(truth_of(reference.records()), server.posts_with_pictures()), IsEmpty());
  EXPECT_EQ(from_the_beginning.records(), reference.records());
  EXPECT_EQ(consumer.records(), reference.records());
  const Links links = links_in(killed.ctl({"feed"}).out);
  expect_exact_links_to_add_up(links);
  expect_near_links_to_add_up(links);
  RecordProperty("kills", kills);
}

}  // namespace
}  // namespace sightingd::test
