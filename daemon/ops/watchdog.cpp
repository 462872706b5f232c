#include "daemon/ops/watchdog.h"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace sightingd {
namespace asio = boost::asio;

Watchdog::Watchdog(asio::any_io_executor executor, Parts parts)
    : executor_(std::move(executor)), parts_(std::move(parts)), timer_(executor_) {}

asio::awaitable<void> Watchdog::run(std::chrono::steady_clock::duration period) {
  ask();
  for (;;) {
    timer_.expires_after(period);
    co_await timer_.async_wait(asio::use_awaitable);
    if (*writer_answered_ && parts_.watches_are_alive()) {
      parts_.beat();
      ask();
    }
  }
}

void Watchdog::ask() {
  *writer_answered_ = false;
  parts_.ask_writer([executor = executor_, answered = writer_answered_] {
    asio::post(executor, [answered] { *answered = true; });
  });
}

}  // namespace sightingd
