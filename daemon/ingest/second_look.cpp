#include "daemon/ingest/second_look.h"

#include "daemon/ingest/recheck.h"
#include "daemon/workers/on_worker.h"

#include <boost/asio/use_awaitable.hpp>

#include <string>
#include <utility>

namespace sightingd {
namespace asio = boost::asio;
namespace {

constexpr auto kLookEvery = std::chrono::minutes(1);
constexpr std::size_t kMostAtOnce = 200;

}  // namespace

SecondLook::SecondLook(WatchParts& parts,
                       std::function<std::shared_ptr<Source>(std::string_view)> source_of)
    : parts_(parts),
      source_of_(std::move(source_of)),
      timer_(parts.executor),
      tasks_(parts.executor, parts.on_bug) {}

void SecondLook::start() { tasks_.spawn(run()); }
void SecondLook::stop() { tasks_.cancel(); }
asio::awaitable<void> SecondLook::stopped() { co_await tasks_.finished(); }

asio::awaitable<void> SecondLook::run() {
  for (;;) {
    timer_.expires_after(kLookEvery);
    co_await timer_.async_wait(asio::use_awaitable);
    co_await look();
  }
}

asio::awaitable<void> SecondLook::look() {
  auto suspected = co_await on_worker(parts_.workers, [this] {
    return parts_.store.suspected(parts_.clock.now() - kRecheckDelay, kMostAtOnce);
  });
  if (!suspected) {
    parts_.on_storage_failure(suspected.error());
    co_return;
  }
  std::map<std::string, std::vector<SuspectedPost>> by_source;
  for (SuspectedPost& post : *suspected) {
    by_source[post.source].push_back(std::move(post));
  }
  const auto now = std::chrono::steady_clock::now();
  for (auto& [url, posts] : by_source) {
    const auto source = source_of_(url);
    if (!source || !patience_[url].is_over(now)) {
      continue;
    }
    const auto answered = co_await recheck(parts_, *source, std::move(posts));
    patience_[url].note(answered.has_value(), std::chrono::steady_clock::now());
  }
}

}  // namespace sightingd
