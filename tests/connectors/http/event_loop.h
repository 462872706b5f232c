#pragma once

#include "connectors/http/http_client.h"

#include <memory>

namespace boost::asio {
class io_context;
}

namespace sightingd::test {

/// A request that a test has started.
class StartedRequest {
 public:
  struct State;

  explicit StartedRequest(std::shared_ptr<State> state) : state_(std::move(state)) {}

  bool done() const;
  /// Runs the loop until the answer is there, and takes it. Fails the test, and returns an
  /// Unavailable of reason "hung", when it does not come.
  Result<HttpResponse> wait();
  void cancel();

 private:
  std::shared_ptr<State> state_;  // Shared with the coroutine's completion.
};

/// An io_context that tests send requests on.
class EventLoop {
 public:
  EventLoop();
  ~EventLoop();

  boost::asio::io_context& io();

  StartedRequest start(HttpClient& client, HttpRequest request);
  Result<HttpResponse> send(HttpClient& client, HttpRequest request);
  /// Runs what is ready, without waiting.
  void turn();

 private:
  std::unique_ptr<boost::asio::io_context> io_;
};

}  // namespace sightingd::test
