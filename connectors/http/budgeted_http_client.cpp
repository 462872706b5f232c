#include "connectors/http/budgeted_http_client.h"

#include "connectors/http/rate_limit_headers.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace sightingd {
namespace asio = boost::asio;
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

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

// The status codes that RFC 9110, 6585, 7725 and 8470 name, and those that Cloudflare and Twitter
// are known for. What a host makes up is counted by its class, so that the set of outcomes is
// closed.
std::string code_of(long status) {
  static constexpr std::array kKnown = {
      200L, 201L, 202L, 203L, 204L, 205L, 206L, 300L, 301L, 302L, 303L, 304L, 307L, 308L, 400L,
      401L, 402L, 403L, 404L, 405L, 406L, 407L, 408L, 409L, 410L, 411L, 412L, 413L, 414L, 415L,
      416L, 417L, 418L, 420L, 421L, 422L, 425L, 426L, 428L, 429L, 431L, 451L, 500L, 501L, 502L,
      503L, 504L, 505L, 511L, 520L, 521L, 522L, 523L, 524L, 525L, 526L, 530L};
  if (std::ranges::binary_search(kKnown, status)) {
    return std::to_string(status);
  }
  return status >= 100 && status <= 599 ? std::to_string(status / 100) + "xx" : "other";
}

std::string outcome_of(const Result<HttpResponse>& result) {
  if (result) {
    return code_of(result->status);
  }
  return result.error().reason.empty() ? "failed" : std::string(result.error().reason);
}

Error cancelled() { return {ErrorCode::Unavailable, "the request was cancelled", "cancelled"}; }

}  // namespace

// Somebody who waits in the queue, and can be woken for as long as it does.
struct BudgetedHttpClient::Waiter {
  Waiter(BudgetedHttpClient& client, RequestBudget::Ticket its_ticket, Time moment)
      : all(client.waiters_), ticket(its_ticket), timer(client.executor_, moment) {
    all.emplace(ticket, this);
  }
  ~Waiter() { all.erase(ticket); }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  void wake() {
    woken = true;
    timer.cancel();
  }

  std::map<RequestBudget::Ticket, Waiter*>& all;
  const RequestBudget::Ticket ticket;
  asio::steady_timer timer;
  bool woken = false;
};

// A place in the budget's queue, given up on every way out that did not take its turn.
class BudgetedHttpClient::Place {
 public:
  Place(BudgetedHttpClient& client, Time now)
      : client_(client), ticket_(client.budget_.enter(now)) {}
  ~Place() {
    client_.budget_.leave(ticket_);
    client_.wake_front();
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  RequestBudget::Ticket ticket() const { return ticket_; }

 private:
  BudgetedHttpClient& client_;
  RequestBudget::Ticket ticket_;
};

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
  const Place place(*this, begin);
  for (;;) {
    const Time now = steady_clock::now();
    if (budget_.take(place.ticket(), now)) {
      co_return Result<void>();
    }
    const Time turn = budget_.turn(place.ticket(), now);
    const bool kept_back = budget_.is_kept_back(now);
    const milliseconds patience =
        kept_back ? options_.longest_wait : options_.longest_wait_for_turn;
    const Time latest = std::min(deadline, begin + patience);
    if (turn > latest) {
      budget_.postpone(place.ticket(), turn);
      co_return Error{.code = ErrorCode::RateLimited,
                      .message = "the request budget is used up",
                      .reason = kept_back ? "rate_limited" : kOwnLimit,
                      .retry_after = std::chrono::ceil<milliseconds>(turn - now)};
    }
    if (!co_await wait_in_queue(place.ticket(), turn, latest)) {
      co_return cancelled();
    }
  }
}

// Whoever stands in front waits for its turn; the others wait until they stand there, for a turn
// that has come is of no use behind somebody. False when the wait was cancelled.
asio::awaitable<bool> BudgetedHttpClient::wait_in_queue(RequestBudget::Ticket ticket, Time turn,
                                                        Time latest) {
  const bool is_front = budget_.front() == ticket;
  Waiter waiter(*this, ticket, is_front ? turn : latest);
  const auto [failure] = co_await waiter.timer.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return !failure || waiter.woken;
}

void BudgetedHttpClient::wake_front() {
  const auto front = budget_.front();
  const auto waiter = front ? waiters_.find(*front) : waiters_.end();
  if (waiter != waiters_.end()) {
    waiter->second->wake();
  }
}

// What the server said may have moved every turn.
void BudgetedHttpClient::wake_all() {
  for (const auto& [ticket, waiter] : waiters_) {
    waiter->wake();
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
  const Time now = steady_clock::now();
  budget_.answered(result->status, result->rate_limit,
                   read_retry_after(result->headers, result->date), now);
  wake_all();
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

milliseconds BudgetedHttpClient::held_for() const {
  const Time now = steady_clock::now();
  return std::chrono::ceil<milliseconds>(std::max(budget_.held_until(), now) - now);
}

void BudgetedHttpClient::inherit(const BudgetedHttpClient& before) {
  budget_.inherit(before.budget_, steady_clock::now());
}

void BudgetedHttpClient::wait_at_most(milliseconds duration) {
  options_.longest_wait_for_turn = std::min(options_.longest_wait_for_turn, duration);
}

void BudgetedHttpClient::hold_for(milliseconds duration) {
  budget_.hold_until(steady_clock::now() + duration);
  wake_all();
}

}  // namespace sightingd
