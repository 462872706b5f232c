#pragma once

#include "tests/support/mastodon_server/faults.h"
#include "tests/support/mastodon_server/http_server.h"
#include "tests/support/mastodon_server/photo_shelf.h"
#include "tests/support/mastodon_server/world.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace sightingd::test::mastodon {

/// Something that happens to the world.
struct Event {
  enum class Kind : std::uint8_t { New, Late, Edit, Delete };
  Kind kind = Kind::New;
  std::size_t count = 1;
  /// Late: how old the posts are. Edit and Delete: no post older than this is chosen.
  std::chrono::seconds age{300};
};
/// Nothing when it is none of "new", "late", "edit", "delete".
std::optional<Event::Kind> event_kind_of(std::string_view name);

/// An event that happens when the n-th poll (a request for the newest posts of a feed) arrives,
/// before it is answered.
struct PlannedEvent {
  std::uint64_t poll = 1;
  Event event;
};

struct ServerOptions {
  WorldOptions world;
  PhotoStyle photos;
  std::uint64_t fault_seed = 1;
  double fault_rate = 0;
  std::vector<PlannedEvent> plan;
  /// How many requests are granted in each window, as the headers then say. Absent: no limit and
  /// no such headers.
  std::optional<std::uint64_t> requests_per_window;
  std::chrono::seconds window{300};
};

/// A Mastodon server of our own on a free loopback port: the public API that the connector reads,
/// photos, faults, and paths beginning with "/_" that steer it and tell the truth:
///
///     GET  /_truth                     the living posts: uri, edited_at, SHA-256 of each photo
///     GET  /_stats                     what was asked so far
///     POST /_events?kind=&count=&age=  lets an event happen at once
///     POST /_faults?rate=              from 0 to 1
///     POST /_post?text=&image=…        one post with these picture URLs
///     GET  /_redirect?to=              302 to that place
class MastodonServer {
 public:
  explicit MastodonServer(ServerOptions options);

  std::uint16_t port() const { return http_.port(); }

 private:
  Answer answer(const Request& request);
  Answer steer(const Request& request);
  Answer api(const Request& request);
  Answer timeline(const Request& request, const std::function<bool(const Post&)>& wanted);
  Answer statuses(const Request& request);
  Answer status(std::string_view id);
  Answer photo(std::string_view file);
  Answer instance() const;
  Answer nodeinfo_links() const;
  Answer truth();
  Answer statistics() const;
  Answer add_post(const Request& request);
  Answer happen_now(const Request& request);
  Answer set_faults(const Request& request);
  void happen(const Event& event);
  void count_poll();
  /// The answer to a request beyond the limit; `headers` get the state of the window.
  std::optional<Answer> limit(std::vector<std::pair<std::string, std::string>>& headers);

  const ServerOptions options_;
  FaultPlan faults_;
  PhotoShelf shelf_;
  mutable std::mutex mutex_;  ///< Guards what follows, but for `http_`.
  World world_;
  std::uint64_t requests_ = 0;
  std::uint64_t polls_ = 0;
  std::uint64_t pages_ = 0;
  std::uint64_t photos_served_ = 0;
  std::uint64_t window_ = 0;
  std::uint64_t spent_ = 0;
  HttpServer http_;  ///< Last: its threads end before what they use.
  std::string origin_;
};

}  // namespace sightingd::test::mastodon
