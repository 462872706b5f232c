#include "tests/connectors/http/event_loop.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <optional>

namespace sightingd::test {
namespace asio = boost::asio;

struct StartedRequest::State {
  asio::io_context* io = nullptr;
  asio::cancellation_signal cancellation;
  std::optional<Result<HttpResponse>> result;
};

bool StartedRequest::done() const { return state_->result.has_value(); }

Result<HttpResponse> StartedRequest::wait() {
  constexpr auto kHung = std::chrono::seconds(30);
  while (!done()) {
    state_->io->restart();
    if (state_->io->run_one_for(kHung) == 0) {
      ADD_FAILURE() << "the request hangs";
      return Error{ErrorCode::Unavailable, "the request hangs", "hung"};
    }
  }
  return std::move(*state_->result);
}

void StartedRequest::cancel() { state_->cancellation.emit(asio::cancellation_type::terminal); }

EventLoop::EventLoop() : io_(std::make_unique<asio::io_context>(1)) {}

EventLoop::~EventLoop() = default;

asio::io_context& EventLoop::io() { return *io_; }

StartedRequest EventLoop::start(HttpClient& client, HttpRequest request) {
  auto state = std::make_shared<StartedRequest::State>();
  state->io = io_.get();
  asio::co_spawn(
      *io_, client.send(std::move(request)),
      asio::bind_cancellation_slot(state->cancellation.slot(),
                                   [state](std::exception_ptr failure, Result<HttpResponse> got) {
                                     EXPECT_FALSE(failure) << "send() threw";
                                     state->result = std::move(got);
                                   }));
  return StartedRequest(std::move(state));
}

Result<HttpResponse> EventLoop::send(HttpClient& client, HttpRequest request) {
  return start(client, std::move(request)).wait();
}

void EventLoop::turn() {
  io_->restart();
  io_->poll();
}

}  // namespace sightingd::test
