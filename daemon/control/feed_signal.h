#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <memory>

namespace sightingd {

/// Tells those who follow the feed that it has grown. Copies share one signal: the server that
/// rings it and the streams that wait for it.
class FeedSignal {
 public:
  explicit FeedSignal(boost::asio::io_context& loop);

  /// From any thread. Many calls before the loop turns count as one.
  void ring();
  /// On the loop: ends every wait, present and to come.
  void stop();
  bool stopped() const;

  /// Changes with every ring. Ask before reading the store, and nothing is missed.
  std::uint64_t generation() const;
  /// Waits until the generation is another than `seen`; false when `at_most` passed instead.
  boost::asio::awaitable<bool> changed(std::uint64_t seen, std::chrono::milliseconds at_most);

 private:
  struct State;
  static boost::asio::awaitable<bool> wait(std::shared_ptr<State> state, std::uint64_t seen,
                                           std::chrono::milliseconds at_most);
  std::shared_ptr<State> state_;
};

}  // namespace sightingd
