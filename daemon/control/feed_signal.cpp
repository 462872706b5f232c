#include "daemon/control/feed_signal.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <set>

namespace sightingd {

namespace asio = boost::asio;

struct FeedSignal::State {
  explicit State(asio::io_context& the_loop) : loop(the_loop) {}

  void wake() {
    ++generation;
    for (asio::steady_timer* timer : waiting) {
      timer->cancel();
    }
  }

  asio::io_context& loop;
  std::atomic<bool> is_ringing = false;  // A ring is on its way to the loop.
  bool stopped = false;
  std::uint64_t generation = 0;
  std::set<asio::steady_timer*> waiting;
};

FeedSignal::FeedSignal(asio::io_context& loop) : state_(std::make_shared<State>(loop)) {}

void FeedSignal::ring() {
  if (!state_->is_ringing.exchange(true)) {
    asio::post(state_->loop, [state = state_] {
      state->is_ringing = false;
      state->wake();
    });
  }
}

void FeedSignal::stop() {
  state_->stopped = true;
  state_->wake();
}

bool FeedSignal::stopped() const { return state_->stopped; }

std::uint64_t FeedSignal::generation() const { return state_->generation; }

asio::awaitable<bool> FeedSignal::changed(std::uint64_t seen, std::chrono::milliseconds at_most) {
  return wait(state_, seen, at_most);
}

asio::awaitable<bool> FeedSignal::wait(std::shared_ptr<State> state, std::uint64_t seen,
                                       std::chrono::milliseconds at_most) {
  if (state->generation == seen && !state->stopped) {
    asio::steady_timer timer(state->loop, at_most);
    state->waiting.insert(&timer);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    state->waiting.erase(&timer);
  }
  co_return state->generation != seen;
}

}  // namespace sightingd
