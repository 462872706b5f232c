#include "tests/support/mastodon_server/world.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sightingd::test::mastodon {
namespace {

const TimePoint kNow = *parse_rfc3339("2026-02-01T10:00:00Z");

World hundred_posts() {
  return World(WorldOptions{.posts = 100, .posts_with_photo = 25, .end = kNow});
}

bool everything(const Post&) { return true; }

std::vector<std::uint64_t> ids(const std::vector<const Post*>& page) {
  std::vector<std::uint64_t> ids;
  for (const auto* post : page) {
    ids.push_back(post->id);
  }
  return ids;
}

TEST(WorldTest, WalkingByMaxIdSeesEveryPostOnceNewestFirst) {
  const auto world = hundred_posts();
  std::vector<std::uint64_t> seen;

  for (auto page = world.page({.limit = 30}, kNow, everything); !page.empty();
       page = world.page({.max_id = seen.back(), .limit = 30}, kNow, everything)) {
    const auto more = ids(page);
    seen.insert(seen.end(), more.begin(), more.end());
  }

  EXPECT_EQ(seen.size(), 100U);
  EXPECT_TRUE(std::is_sorted(seen.rbegin(), seen.rend()));
}

TEST(WorldTest, OfALivingWorldNothingIsThereBeforeItsTime) {
  const World world(WorldOptions{.posts = 100,
                                 .posts_with_photo = 25,
                                 .span = std::chrono::seconds(100),
                                 .end = kNow + std::chrono::seconds(50),
                                 .is_live = true});

  EXPECT_EQ(world.page({.limit = 100}, kNow, everything).size(), 50U);
  EXPECT_EQ(world.page({.limit = 100}, kNow + std::chrono::seconds(1), everything).size(), 51U);
  EXPECT_EQ(world.page({.limit = 100}, kNow + std::chrono::hours(1), everything).size(), 100U);
  const auto newest = world.page({.limit = 1}, kNow, everything).front()->id;
  EXPECT_TRUE(world.page({.since_id = newest, .limit = 100}, kNow, everything).empty());
}

TEST(WorldTest, SinceIdGivesTheNewestPageAndMinIdTheNextOne) {
  const auto world = hundred_posts();
  const auto oldest = world.posts().begin()->first;

  const auto since = world.page({.since_id = oldest, .limit = 10}, kNow, everything);
  const auto next = world.page({.min_id = oldest, .limit = 10}, kNow, everything);

  EXPECT_EQ(since.front()->id, world.posts().rbegin()->first);
  EXPECT_EQ(next.back()->id, std::next(world.posts().begin())->first);
  EXPECT_TRUE(std::is_sorted(next.begin(), next.end(),
                             [](const Post* a, const Post* b) { return a->id > b->id; }));
}

TEST(WorldTest, SpreadsThePhotosAmongThePosts) {
  const auto world = hundred_posts();

  const auto with_photo =
      std::count_if(world.posts().begin(), world.posts().end(),
                    [](const auto& e) { return !e.second.attachments.empty(); });

  EXPECT_EQ(with_photo, 25);
  EXPECT_EQ(world.photos(), 25U);
}

TEST(WorldTest, PutsLatePostsBehindTheNewest) {
  auto world = hundred_posts();
  const auto newest = world.posts().rbegin()->first;

  world.add_late(3, std::chrono::minutes(5), kNow);

  EXPECT_EQ(world.posts().size(), 103U);
  EXPECT_EQ(world.posts().rbegin()->first, newest);
}

TEST(WorldTest, IsTheSameWorldForTheSameSeed) {
  auto one = hundred_posts();
  auto other = hundred_posts();

  EXPECT_EQ(one.edit(5, std::chrono::days(1), kNow), other.edit(5, std::chrono::days(1), kNow));
  EXPECT_EQ(one.remove(5, std::chrono::days(1), kNow), 5U);
  EXPECT_EQ(other.remove(5, std::chrono::days(1), kNow), 5U);

  EXPECT_TRUE(std::equal(one.posts().begin(), one.posts().end(), other.posts().begin(),
                         other.posts().end(), [](const auto& a, const auto& b) {
                           return a.first == b.first && a.second.text == b.second.text &&
                                  a.second.edited_at == b.second.edited_at;
                         }));
}

}  // namespace
}  // namespace sightingd::test::mastodon
