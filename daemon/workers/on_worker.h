#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <type_traits>
#include <utility>

namespace sightingd {

/// Runs `work`, which may block, on a thread of `pool` and comes back to the awaiting strand
/// with its result. A cancelled caller still waits for it: `work` must be short, must not throw,
/// and may capture by reference what lies in the caller's frame.
template <typename Work>
boost::asio::awaitable<std::invoke_result_t<Work&>> on_worker(boost::asio::thread_pool& pool,
                                                              Work work) {
  // g++ 12 destroys twice what a temporary in the operand of co_await owns.
  static_assert(std::is_trivially_destructible_v<Work>, "capture by reference");
  using Outcome = std::invoke_result_t<Work&>;
  auto start = [&pool](auto handler, Work todo) {
    boost::asio::post(pool, [handler = std::move(handler), todo = std::move(todo)]() mutable {
      auto home = boost::asio::get_associated_executor(handler);
      boost::asio::post(home, [handler = std::move(handler), outcome = todo()]() mutable {
        std::move(handler)(std::move(outcome));
      });
    });
  };
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>,
                                                 void(Outcome)>(start, boost::asio::use_awaitable,
                                                                std::move(work));
}

}  // namespace sightingd
