#include "tests/support/mastodon_server/world.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sightingd::test::mastodon {
namespace {

// Invented, no person in it: what a post says does not matter here.
constexpr std::array<std::string_view, 6> kSentences = {
    "Seen near the north gate at nine, please look.",
    "在火车站东出口附近拍到，请大家留意。",
    "Visto junto a la parada del autobús; avisad si sabéis algo.",
    "Second picture of the bus stop, taken from the bridge & the kiosk.",
    "菜市场门口 <昨天下午> 有人看到。",
    "Frente al mercado, «puerta norte», a las nueve."};

std::uint64_t milliseconds(TimePoint time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

}  // namespace

World::World(WorldOptions options) : options_(std::move(options)), random_(options_.seed) {
  const auto step =
      options_.span / static_cast<std::int64_t>(std::max<std::size_t>(options_.posts, 1));
  const auto begin = options_.end - step * static_cast<std::int64_t>(options_.posts);
  for (std::size_t i = 0; i < options_.posts; ++i) {
    auto post = drawn_post(begin + step * static_cast<std::int64_t>(i + 1));
    // The same as in Bresenham's line: photo i * n / posts differs from the one before.
    if ((i + 1) * options_.posts_with_photo / options_.posts !=
        i * options_.posts_with_photo / options_.posts) {
      post.attachments = drawn_attachments();
    }
    posts_.emplace(post.id, std::move(post));
  }
}

std::vector<const Post*> World::page(const PageRequest& request, TimePoint now,
                                     const std::function<bool(const Post&)>& wanted) const {
  const auto low = std::max(request.since_id, request.min_id);
  const auto first = posts_.upper_bound(low);
  const auto end =
      options_.is_live ? posts_.lower_bound((milliseconds(now) + 1) << 16U) : posts_.end();
  const auto last = request.max_id == 0 || (end != posts_.end() && request.max_id > end->first)
                        ? end
                        : posts_.lower_bound(request.max_id);
  std::vector<const Post*> page;
  const bool has_none_yet = end != posts_.end() && low >= end->first;
  if ((request.max_id != 0 && request.max_id <= low) || has_none_yet) {
    return page;
  }
  if (request.min_id != 0) {
    for (auto it = first; it != last && page.size() < request.limit; ++it) {
      if (wanted(it->second)) {
        page.push_back(&it->second);
      }
    }
    std::reverse(page.begin(), page.end());
    return page;
  }
  for (auto it = last; it != first && page.size() < request.limit;) {
    --it;
    if (wanted(it->second)) {
      page.push_back(&it->second);
    }
  }
  return page;
}

const Post* World::find(std::uint64_t id) const {
  const auto found = posts_.find(id);
  return found == posts_.end() ? nullptr : &found->second;
}

void World::add_new(std::size_t count, TimePoint now) {
  for (std::size_t i = 0; i < count; ++i) {
    auto post = drawn_post(now);
    post.attachments = drawn_attachments();
    posts_.emplace(post.id, std::move(post));
  }
}

void World::add_late(std::size_t count, std::chrono::seconds age, TimePoint now) {
  add_new(count, now - age);
}

const Post& World::add(Post post, TimePoint now) {
  post.created_at = now;
  post.id = id_at(now);
  return posts_.emplace(post.id, std::move(post)).first->second;
}

std::size_t World::edit(std::size_t count, std::chrono::seconds within, TimePoint now) {
  const auto chosen = any_of_last(count, within, now);
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    auto& post = posts_.at(chosen[i]);
    post.edited_at = now;
    post.text += " (edited)";
    if (i % 2 == 1) {
      post.attachments.push_back({.photo = next_photo_++, .url = {}});
    }
  }
  return chosen.size();
}

std::size_t World::remove(std::size_t count, std::chrono::seconds within, TimePoint now) {
  const auto chosen = any_of_last(count, within, now);
  for (const auto id : chosen) {
    posts_.erase(id);
  }
  return chosen.size();
}

Post World::drawn_post(TimePoint created_at) {
  Post post;
  post.created_at = created_at;
  post.id = id_at(created_at);
  post.author = static_cast<std::size_t>(random_.below(options_.authors));
  post.text = std::string(kSentences[random_.below(kSentences.size())]) + " [" +
              std::to_string(++written_) + "]";
  post.tag = options_.tag;
  if (options_.tags > 1) {
    post.tag += std::to_string(written_ % options_.tags);
  }
  return post;
}

std::vector<Attachment> World::drawn_attachments() {
  const auto count = 1 + photo_posts_++ % options_.photos_per_post;
  if (options_.repost_every > 0 && photo_posts_ % options_.repost_every == 0 && next_photo_ > 0) {
    return {{.photo = static_cast<std::size_t>(random_.below(next_photo_)), .url = {}}};
  }
  std::vector<Attachment> attachments;
  for (std::size_t i = 0; i < count; ++i) {
    attachments.push_back({.photo = next_photo_++, .url = {}});
  }
  return attachments;
}

// Mastodon's snowflake (lib/mastodon/snowflake.rb): 48 bits of milliseconds, 16 bits of chance.
std::uint64_t World::id_at(TimePoint time) {
  for (auto id = milliseconds(time) << 16U | random_.below(1U << 16U);; ++id) {
    if (posts_.find(id) == posts_.end()) {
      return id;
    }
  }
}

std::vector<std::uint64_t> World::any_of_last(std::size_t count, std::chrono::seconds within,
                                              TimePoint now) {
  std::vector<std::uint64_t> candidates;
  for (auto it = posts_.lower_bound(milliseconds(now - within) << 16U); it != posts_.end(); ++it) {
    candidates.push_back(it->first);
  }
  for (std::size_t i = 0; i < std::min(count, candidates.size()); ++i) {
    std::swap(candidates[i], candidates[i + random_.below(candidates.size() - i)]);
  }
  candidates.resize(std::min(count, candidates.size()));
  return candidates;
}

}  // namespace sightingd::test::mastodon
