#pragma once

#include "connectors/http/http_client.h"
#include "connectors/http/request_budget.h"
#include "connectors/source_options.h"
#include "pipeline/time.h"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace sightingd {

/// The reason of a RateLimited that is no word of the server: the configured limit is used up.
inline constexpr std::string_view kOwnLimit = "own_limit";

struct BudgetedHttpOptions {
  /// Absent: only what the server's headers say.
  std::optional<RequestLimit> limit = std::nullopt;
  /// A request that the server keeps back for longer fails at once, so that its caller can plan.
  std::chrono::milliseconds longest_wait = std::chrono::seconds(5);
  /// The same for `limit` alone: to wait for one's turn is no failure.
  std::chrono::milliseconds longest_wait_for_turn = std::chrono::minutes(2);
  int attempts = 3;  ///< Of one GET or HEAD, the first included.
  /// Before the second attempt at most; doubled for each further one.
  std::chrono::milliseconds first_backoff = std::chrono::seconds(1);
};

/// The HTTP client that connectors are given: one a source, so that no request is spent unseen.
///
/// Each attempt waits, first come first served, until the budget allows it. GET and HEAD are
/// tried again after Unavailable, 502, 503, 504 and a 429 that asks for a short wait, with a
/// back-off of full jitter ("Exponential Backoff and Jitter", AWS Architecture Blog, 2015), all
/// within the request's own timeout, which begins when its first turn has come. Every answer
/// tightens the budget as its headers say.
///
/// Not thread-safe; use it from the executor.
class BudgetedHttpClient final : public HttpClient {
 public:
  /// `http` and `clock` must outlive the client. `random` gives the jitter.
  BudgetedHttpClient(boost::asio::any_io_executor executor, HttpClient& http, const Clock& clock,
                     std::mt19937 random, BudgetedHttpOptions options);

  /// Fails as the client below does and besides with RateLimited (`retry_after` set) when the wait
  /// for the budget is longer than the options or, from the second attempt on, the request's
  /// timeout allow; nothing was sent then. The `reason` is kOwnLimit when it is `limit` alone that
  /// makes it wait: the caller's turn is kept for the moment that `retry_after` names. Otherwise it
  /// is "rate_limited". A refusal (429) is a success here; the requests after it are blocked until
  /// the time that it named.
  boost::asio::awaitable<Result<HttpResponse>> send(HttpRequest request) override;

  /// Every attempt so far, by status ("200") or by reason of failure ("timeout").
  const std::map<std::string, std::uint64_t>& attempts_by_outcome() const {
    return attempts_by_outcome_;
  }

  /// How many requests are left in the present window. Absent: no limit is known.
  std::optional<std::int64_t> remaining() const;

  /// How long no request may be sent; zero when one may go at once.
  std::chrono::milliseconds blocked_for() const;

  /// How much longer the server wants to be left alone; zero when it does not.
  std::chrono::milliseconds held_for() const;
  /// Goes on where an earlier client of the same server stands; see RequestBudget::inherit.
  void inherit(const BudgetedHttpClient& before);
  /// From now on waits no longer than this for its turn, whatever the options said.
  void wait_at_most(std::chrono::milliseconds duration);
  /// Obeys what the server said before this client was made.
  void hold_for(std::chrono::milliseconds duration);

  /// The server's clock minus ours at its last answer, to the second. Absent: it never said.
  std::optional<std::chrono::milliseconds> clock_difference() const { return clock_difference_; }

 private:
  using Time = RequestBudget::Time;
  struct Waiter;
  class Place;

  boost::asio::awaitable<Result<void>> await_turn(Time deadline);
  boost::asio::awaitable<bool> pause_until(Time moment);
  boost::asio::awaitable<bool> wait_in_queue(RequestBudget::Ticket ticket, Time turn, Time latest);
  void wake_front();
  void wake_all();
  void note(const Result<HttpResponse>& result);
  std::chrono::milliseconds backoff_after(int attempt);

  boost::asio::any_io_executor executor_;
  HttpClient& http_;
  const Clock& clock_;
  std::mt19937 random_;
  BudgetedHttpOptions options_;
  RequestBudget budget_;
  std::map<RequestBudget::Ticket, Waiter*> waiters_;  // On the stacks of their coroutines.
  std::map<std::string, std::uint64_t> attempts_by_outcome_;
  std::optional<std::chrono::milliseconds> clock_difference_;
};

}  // namespace sightingd
