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
#include <optional>
#include <sstream>
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

/// A near link as the feed tells it.
struct NearLinkTold {
  std::string of;
  int distance = 0;

  friend bool operator==(const NearLinkTold&, const NearLinkTold&) = default;
};

/// A photo as the feed shows it.
struct PhotoShown {
  std::string id;
  std::optional<PdqHash> pdq;  ///< Of a photo that may be matched.
  std::optional<NearLinkTold> near;
  int showings = 0;  ///< How many images show it.
  int exact = 0;     ///< How many of them are linked to the first.
};

/// The stored photos in `feed`, in the order in which they were stored: no post was changed since.
std::vector<PhotoShown> photos_in(const std::string& feed) {
  std::vector<PhotoShown> photos;
  std::map<std::string, std::size_t> places;
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
      const std::string id = image["photo"].GetString();
      const auto [place, is_new] = places.emplace(id, photos.size());
      if (is_new) {
        photos.push_back({.id = id, .pdq = {}, .near = {}});
      }
      PhotoShown& photo = photos[place->second];
      ++photo.showings;
      if (image["pdq_quality"].GetInt() >= kLeastMatchableQuality) {
        photo.pdq = pdq_from_hex(image["pdq"].GetString()).value();
      }
      const auto& duplicate = image["duplicate"];
      if (!duplicate.IsObject()) {
        continue;
      }
      const std::string of = duplicate["of"].GetString();
      if (std::string_view(duplicate["kind"].GetString()) == "exact") {
        EXPECT_EQ(id, of);
        ++photo.exact;
      } else {
        EXPECT_TRUE(is_new) << id << ": only its first image tells what it looks like";
        photo.near = NearLinkTold{.of = of, .distance = duplicate["distance"].GetInt()};
      }
    }
  }
  return photos;
}

/// Every photo that several images show is a duplicate in all of them but one.
void expect_exact_links_to_add_up(const std::vector<PhotoShown>& photos) {
  for (const PhotoShown& photo : photos) {
    EXPECT_EQ(photo.exact, photo.showings - 1) << photo.id;
  }
}

/// A photo is linked to the nearest of those stored before it, if that is near enough.
void expect_near_links_to_add_up(const std::vector<PhotoShown>& photos) {
  std::size_t linked = 0;
  for (auto photo = photos.begin(); photo != photos.end(); ++photo) {
    std::optional<NearLinkTold> nearest;
    for (auto earlier = photos.begin(); earlier != photo; ++earlier) {
      if (!photo->pdq || !earlier->pdq) {
        continue;
      }
      const int bits = distance(*photo->pdq, *earlier->pdq);
      if (bits <= kNearDistance && (!nearest || bits < nearest->distance)) {
        nearest = NearLinkTold{.of = earlier->id, .distance = bits};
      }
    }
    EXPECT_EQ(photo->near, nearest) << photo->id;
    linked += nearest.has_value() ? 1 : 0;
  }
  EXPECT_GE(linked, photos.size() / 30) << "every fifteenth is saved again";
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
  const std::vector<PhotoShown> photos = photos_in(killed.ctl({"feed"}).out);
  expect_exact_links_to_add_up(photos);
  expect_near_links_to_add_up(photos);
  RecordProperty("kills", kills);
}

}  // namespace
}  // namespace sightingd::test
