#include "daemon/control/find_by_url.h"

#include "daemon/workers/on_worker.h"

#include <cstddef>

namespace sightingd {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kEventsAtATime = 256;

// What one piece of the feed says.
struct Piece {
  std::optional<SightingId> found;
  FeedCursor last;  // Empty after the end of the feed.
};

Result<Piece> look_through(const Store& store, const FeedCursor& after, const std::string& url) {
  const auto events = store.feed(after, kEventsAtATime);
  if (!events) {
    return events.error();
  }
  Piece piece;
  for (const FeedEvent& event : *events) {
    if (event.sighting && event.sighting->sighting.post.url == url) {
      piece.found = event.id;
    }
    piece.last = event.cursor;
  }
  return piece;
}

}  // namespace

asio::awaitable<Result<std::optional<SightingId>>> find_by_url(const Store& store,
                                                               asio::thread_pool& workers,
                                                               std::string url) {
  FeedCursor after;
  for (;;) {
    const auto piece = co_await on_worker(workers, [&] { return look_through(store, after, url); });
    if (!piece) {
      co_return piece.error();
    }
    if (piece->found || piece->last.empty()) {
      co_return piece->found;
    }
    after = piece->last;
  }
}

}  // namespace sightingd
