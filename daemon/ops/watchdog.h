#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace sightingd {

/// Tells the service manager that the daemon works, and only while it does: since the last beat
/// the loop turned (this runs on it), the store's writer answered, and no watch outlasted its
/// own time limits. Without beats systemd restarts the daemon.
class Watchdog {
 public:
  struct Parts {
    /// Asks the writer to call the function given, on any thread, when it gets to it.
    std::function<void(std::function<void()>)> ask_writer;
    std::function<bool()> watches_are_alive;
    std::function<void()> beat;
  };

  Watchdog(boost::asio::any_io_executor executor, Parts parts);

  /// Looks every `period`, for good.
  boost::asio::awaitable<void> run(std::chrono::steady_clock::duration period);

 private:
  void ask();

  boost::asio::any_io_executor executor_;
  Parts parts_;
  boost::asio::steady_timer timer_;
  // Shared with the question that the writer holds: it may be answered after the end.
  std::shared_ptr<bool> writer_answered_ = std::make_shared<bool>(false);
};

}  // namespace sightingd
