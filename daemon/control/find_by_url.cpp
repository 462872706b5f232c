#include "daemon/control/find_by_url.h"

#include "daemon/workers/on_worker.h"

#include <cstddef>
#include <cstdint>

namespace sightingd {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kSightingsAtATime = 256;

}  // namespace

asio::awaitable<Result<std::optional<SightingId>>> find_by_url(const Store& store,
                                                               asio::thread_pool& workers,
                                                               std::string url) {
  std::uint64_t after = 0;
  for (;;) {
    const auto piece = co_await on_worker(workers, [&] {
      return store.search(
          [&url](const KnownSighting& known) { return known.sighting.post.url == url; }, after,
          kSightingsAtATime);
    });
    if (!piece) {
      co_return piece.error();
    }
    if (!piece->found.empty()) {
      co_return piece->found.front();
    }
    if (piece->last == 0) {
      co_return std::nullopt;
    }
    after = piece->last;
  }
}

}  // namespace sightingd
