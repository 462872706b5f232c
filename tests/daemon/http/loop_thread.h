#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <functional>
#include <future>
#include <thread>

namespace sightingd::test {

/// An event loop on a thread of its own, so that a test can talk to what lives on it.
class LoopThread {
 public:
  LoopThread() : work_(boost::asio::make_work_guard(loop)), thread_([this] { loop.run(); }) {}
  ~LoopThread() {
    work_.reset();
    thread_.join();
  }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  /// Runs `work` on the loop and waits for it.
  void run(const std::function<void()>& work) {
    std::promise<void> done;
    boost::asio::post(loop, [&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
  /// Runs a coroutine on the loop and waits for it.
  void await(boost::asio::awaitable<void> coroutine) {
    boost::asio::co_spawn(loop, std::move(coroutine), boost::asio::use_future).get();
  }

  boost::asio::io_context loop{1};

 private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace sightingd::test
