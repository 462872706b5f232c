#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace sightingd {

/// Calls `begin` with a function that is to be called once, on any thread, with an Outcome; comes
/// back to the awaiting strand with it. A cancelled caller still waits: `begin` may capture by
/// reference what lies in the caller's frame.
template <typename Outcome, typename Begin>
boost::asio::awaitable<Outcome> await_callback(Begin begin) {
  // g++ 12 destroys twice what a temporary in the operand of co_await owns.
  static_assert(std::is_trivially_destructible_v<Begin>, "capture by reference");
  auto start = [](auto handler, Begin begun) {
    auto home = boost::asio::get_associated_executor(handler);
    // std::function wants something that can be copied; the one copy that is called owns it.
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    begun([shared, home, work = boost::asio::make_work_guard(home)](Outcome outcome) {
      boost::asio::post(home, [shared, outcome = std::move(outcome)]() mutable {
        auto resume = std::move(*shared);
        std::move(resume)(std::move(outcome));
      });
    });
  };
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>,
                                                 void(Outcome)>(start, boost::asio::use_awaitable,
                                                                std::move(begin));
}

}  // namespace sightingd
