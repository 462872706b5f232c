#pragma once

#include "pipeline/time.h"
#include "tests/support/mastodon_server/random.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd::test::mastodon {

/// How the world is when it begins.
struct WorldOptions {
  std::uint64_t seed = 1;
  std::size_t posts = 200;
  std::size_t posts_with_photo = 40;  ///< Spread evenly among the posts.
  std::size_t photos_per_post = 1;    ///< At most; from 1 upwards in turn.
  /// Every so many posts with a photo one shows a photo of an earlier post again. 0: none.
  std::size_t repost_every = 0;
  std::chrono::milliseconds span = std::chrono::days(3);  ///< From the first post to the last.
  TimePoint end;                                          ///< When the last was posted.
  std::string tag = "finddemo";
  std::size_t tags = 1;  ///< More than one: the posts carry `tag`0, `tag`1 and so on in turn.
  std::size_t authors = 50;
  bool is_live = false;  ///< What is posted later than now is not there yet.
};

/// A picture of a post: one of the shelf's by number, or any URL.
struct Attachment {
  std::size_t photo = 0;
  std::string url;  ///< Empty: the shelf's.
};

struct Post {
  std::uint64_t id = 0;  ///< As Mastodon makes them: milliseconds << 16, and 16 bits more.
  TimePoint created_at;
  std::optional<TimePoint> edited_at;
  std::size_t author = 0;
  std::string text;
  std::string tag;
  std::vector<Attachment> attachments;
};

/// Which posts of a feed are asked for, as in Mastodon's pagination. Zero: not given.
struct PageRequest {
  std::uint64_t max_id = 0;
  std::uint64_t since_id = 0;
  std::uint64_t min_id = 0;
  std::size_t limit = 20;
};

/// The living posts of an invented Mastodon server. Everything in it follows from the seed and
/// the calls made. Not thread-safe.
class World {
 public:
  explicit World(WorldOptions options);

  const WorldOptions& options() const { return options_; }

  /// Newest first. `wanted` chooses the feed.
  std::vector<const Post*> page(const PageRequest& request, TimePoint now,
                                const std::function<bool(const Post&)>& wanted) const;
  const Post* find(std::uint64_t id) const;
  /// In order of their ids.
  const std::map<std::uint64_t, Post>& posts() const { return posts_; }

  /// New posts with a photo each, at `now`.
  void add_new(std::size_t count, TimePoint now);
  /// Posts with a photo each whose id lies `age` in the past, as when a server fetches a post of
  /// another that it did not know: they turn up behind the reader's cursor.
  void add_late(std::size_t count, std::chrono::seconds age, TimePoint now);
  /// One post as told; its id and time are made from `now`.
  const Post& add(Post post, TimePoint now);
  /// Changes the text of posts not older than `within`, chosen at random; every other one gets
  /// another photo, too. Returns how many there were to change.
  std::size_t edit(std::size_t count, std::chrono::seconds within, TimePoint now);
  /// Deletes posts not older than `within`, chosen at random. Returns how many.
  std::size_t remove(std::size_t count, std::chrono::seconds within, TimePoint now);

  /// How many photos of the shelf were ever used.
  std::size_t photos() const { return next_photo_; }

 private:
  Post drawn_post(TimePoint created_at);
  std::vector<Attachment> drawn_attachments();
  std::uint64_t id_at(TimePoint time);
  std::vector<std::uint64_t> any_of_last(std::size_t count, std::chrono::seconds within,
                                         TimePoint now);

  const WorldOptions options_;
  Random random_;
  std::map<std::uint64_t, Post> posts_;
  std::size_t next_photo_ = 0;
  std::size_t photo_posts_ = 0;
  std::size_t written_ = 0;
};

}  // namespace sightingd::test::mastodon
