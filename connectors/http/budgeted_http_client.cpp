#include "connectors/http/budgeted_http_client.h"

#include "connectors/http/rate_limit_headers.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace sightingd {
namespace asio = boost::asio;
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A place in the budget's queue, given up on every way out that did not take its turn.
class Place {
 public:
  Place(RequestBudget& budget, RequestBudget::Time now)
      : budget_(budget), ticket_(budget.enter(now)) {}
  ~Place() { budget_.leave(ticket_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  RequestBudget::Ticket ticket() const { return ticket_; }

 private:
  RequestBudget& budget_;
  RequestBudget::Ticket ticket_;
};

bool is_repeatable(const HttpRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

bool is_passing(const Result<HttpResponse>& result) {
  if (!result) {
    const Error& error = result.error();
    return error.code == ErrorCode::Unavailable && error.reason != "cancelled" &&
           error.reason != "tls";
  }
  return result->status == 429 || result->status == 502 || result->status == 503 ||
         result->status == 504;
}

std::string outcome_of(const Result<HttpResponse>& result) {
  if (result) {
    return std::to_string(result->status);
  }
  return result.error().reason.empty() ? "failed" : std::string(result.error().reason);
}

Error cancelled() { return {ErrorCode::Unavailable, "the request was cancelled", "cancelled"}; }

}  // namespace

BudgetedHttpClient::BudgetedHttpClient(asio::any_io_executor executor, HttpClient& http,
                                       const Clock& clock, std::mt19937 random,
                                       BudgetedHttpOptions options)
    : executor_(std::move(executor)),
      http_(http),
      clock_(clock),
      random_(random),
      options_(options),
      budget_(options.limit) {}

asio::awaitable<Result<HttpResponse>> BudgetedHttpClient::send(HttpRequest request) {
  Time deadline = Time::max();
  const int attempts = is_repeatable(request) ? options_.attempts : 1;
  std::optional<HttpResponse> refusal;  // What the server said last, if it said anything.
  for (int attempt = 1;; ++attempt) {
    if (const auto turn = co_await await_turn(deadline); !turn) {
      if (refusal) {
        co_return std::move(*refusal);
      }
      co_return turn.error();
    }
    if (attempt == 1) {
      deadline = steady_clock::now() + request.timeout;
    }
    HttpRequest once = request;
    once.timeout = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    auto result = co_await http_.send(std::move(once));
    note(result);
    const Time now = steady_clock::now();
    const Time next = std::max(now + backoff_after(attempt), budget_.free_at(now));
    if (attempt >= attempts || !is_passing(result) || next >= deadline ||
        next > now + options_.longest_wait) {
      co_return result;
    }
    if (!co_await pause_until(next)) {
      co_return cancelled();
    }
    refusal.reset();
    if (result) {
      refusal = std::move(*result);
    }
  }
}

asio::awaitable<Result<void>> BudgetedHttpClient::await_turn(Time deadline) {
  const Time begin = steady_clock::now();
  const Place place(budget_, begin);
  for (;;) {
    const Time now = steady_clock::now();
    if (budget_.take(place.ticket(), now)) {
      co_return Result<void>();
    }
    const Time turn = budget_.turn(place.ticket(), now);
    const milliseconds patience =
        budget_.is_kept_back(now) ? options_.longest_wait : options_.longest_wait_for_turn;
    if (turn > std::min(deadline, begin + patience)) {
      budget_.postpone(place.ticket(), turn);
      co_return Error{.code = ErrorCode::RateLimited,
                      .message = "the request budget is used up",
                      .reason = "rate_limited",
                      .retry_after = std::chrono::ceil<milliseconds>(turn - now)};
    }
    if (!co_await pause_until(turn)) {
      co_return cancelled();
    }
  }
}

// False when the wait was cancelled.
asio::awaitable<bool> BudgetedHttpClient::pause_until(Time moment) {
  asio::steady_timer timer(executor_, moment);
  const auto [failure] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return !failure;
}

void BudgetedHttpClient::note(const Result<HttpResponse>& result) {
  ++attempts_by_outcome_[outcome_of(result)];
  if (!result) {
    budget_.failed();
    return;
  }
  budget_.answered(result->status, result->rate_limit,
                   read_retry_after(result->headers, result->date), steady_clock::now());
  if (result->date) {
    clock_difference_ = *result->date - clock_.now();
  }
}

milliseconds BudgetedHttpClient::backoff_after(int attempt) {
  const milliseconds most = options_.first_backoff * (1 << std::min(attempt - 1, 10));
  return milliseconds(std::uniform_int_distribution<milliseconds::rep>(0, most.count())(random_));
}

std::optional<std::int64_t> BudgetedHttpClient::remaining() const {
  return budget_.remaining(steady_clock::now());
}

milliseconds BudgetedHttpClient::blocked_for() const {
  const Time now = steady_clock::now();
  return std::chrono::ceil<milliseconds>(budget_.free_at(now) - now);
}

}  // namespace sightingd
