#pragma once

#include "connectors/http/http_client.h"
#include "connectors/source_options.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace sightingd {

/// How many requests one source may be sent, and when.
///
/// Two limits hold, and the tighter rules: the configured one, and what the server's answers say
/// it still grants. Never more requests than the configured limit go in any stretch of its
/// window: a small burst, then evenly spread (the generic cell rate algorithm of ITU-T I.371).
/// Of the server's grant four fifths go freely, the last fifth is spread over the rest of its
/// window. Requests go in the order in which they asked; who was sent away until later keeps its
/// place in that order.
///
/// Pure: time is an argument, and must not go back.
class RequestBudget {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Ticket = std::uint64_t;

  /// Absent: only what the server says.
  explicit RequestBudget(std::optional<RequestLimit> limit);

  /// Goes on where the budget of an earlier client of the same server stands: what it has sent and
  /// been told counts here. Its queue stays behind.
  void inherit(const RequestBudget& before, Time now);

  /// Queues up: behind the others, or where one stood who was sent away and is due. A ticket ends
  /// with a take() that returned true, with leave() or postpone().
  Ticket enter(Time now);

  /// When this ticket may go as far as is known: others, or an answer, may change it.
  Time turn(Ticket ticket, Time now) const;

  /// Spends one request if it is this ticket's turn. answered() or failed() must follow.
  bool take(Ticket ticket, Time now);

  /// Gives the place in the queue up.
  void leave(Ticket ticket);

  /// The ticket whose turn is the next. Absent: nobody waits.
  std::optional<Ticket> front() const;

  /// Gives the place up until `moment`, its turn: who enters then has it back, before all who came
  /// later.
  void postpone(Ticket ticket, Time moment);

  /// An answer came to a request that was taken. `retry_after` is its `Retry-After`.
  void answered(long status, const RateLimit& limit,
                std::optional<std::chrono::milliseconds> retry_after, Time now);

  /// A request that was taken failed without an answer.
  void failed();

  /// How many requests are left in the present window; absent when no limit is known.
  std::optional<std::int64_t> remaining(Time now) const;

  /// Nothing goes before `moment`, as the server has said earlier.
  void hold_until(Time moment) { block_until(moment); }

  /// Until when the server has asked to wait; in the past when it has not.
  Time held_until() const { return blocked_until_; }

  /// When the next request may go, the queue left aside; `now` when at once.
  Time free_at(Time now) const;

  /// Whether it is the server's word, not the configured limit alone, that makes requests wait.
  bool is_kept_back(Time now) const;

 private:
  // What the server grants until its window ends.
  struct Grant {
    std::int64_t remaining = 0;
    std::int64_t reserve = 0;  // What is spread instead of sent freely.
    Time ends;
  };

  // Kept for who was sent away until `moment`.
  struct Promise {
    Time moment;
    Ticket ticket = 0;
  };

  void spend(Time now);
  void learn(const RateLimit& limit, Time now);
  void refused(std::optional<std::chrono::milliseconds> wait, Time now);
  void block_until(Time moment);
  Time granted_at(Time now) const;
  std::int64_t sent_in_window(Time now) const;

  std::optional<RequestLimit> limit_;
  std::chrono::nanoseconds interval_{0};   // Between requests when they are spread.
  std::chrono::nanoseconds tolerance_{0};  // How far ahead of that a burst may run.
  Time theoretical_arrival_{};             // TAT of I.371.
  std::deque<Time> sent_;                  // In the last window; empty without a limit.
  std::optional<Grant> grant_;
  Time last_sent_{};
  Time blocked_until_{};
  int refusals_without_time_ = 0;  // In a row.
  std::int64_t under_way_ = 0;
  std::deque<Ticket> queue_;      // In order.
  std::deque<Promise> promised_;  // In the order of their moments.
  Ticket next_ticket_ = 1;
};

}  // namespace sightingd
