#include "connectors/http/request_budget.h"

#include <algorithm>

namespace sightingd {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using namespace std::chrono_literals;

// A tenth of the limit may go at once, but never more than a page of photos would need.
constexpr std::uint32_t kBurstShare = 10;
constexpr std::uint32_t kLargestBurst = 20;
// Of the server's grant the last fifth is spread; without a known limit, the last twenty.
constexpr std::int64_t kReserveShare = 5;
constexpr std::int64_t kReserveOfUnknown = 20;
// Two answers whose windows end this close to each other speak of the same window: their times
// are whole seconds, and the answers travelled differently long.
constexpr auto kSameWindow = 3s;
// A refusal that does not say until when: doubled each time.
constexpr milliseconds kFirstUnnamedWait = 30s;
constexpr milliseconds kLongestUnnamedWait = 15min;
// A place that is not claimed this long after its turn is given to others.
constexpr auto kPromiseHolds = 2s;
// As many as there may be watches: who asks again and again all the same gets no more places.
constexpr std::size_t kMostPromises = 1000;

}  // namespace

RequestBudget::RequestBudget(std::optional<RequestLimit> limit) : limit_(limit) {
  if (!limit_) {
    return;
  }
  const std::uint32_t requests = std::max(limit_->requests, 1U);
  const std::uint32_t burst = std::clamp(requests / kBurstShare, 1U, kLargestBurst);
  // A closed window holds floor((window + tolerance) / interval) + 1 requests: with this interval
  // that is `requests`.
  interval_ = nanoseconds(limit_->window) / std::max(requests - burst, 1U);
  tolerance_ = interval_ * (burst - 1);
}

void RequestBudget::inherit(const RequestBudget& before, Time now) {
  grant_ = before.grant_;
  last_sent_ = before.last_sent_;
  blocked_until_ = before.blocked_until_;
  refusals_without_time_ = before.refusals_without_time_;
  if (!limit_ || !before.limit_) {
    return;
  }
  sent_ = before.sent_;
  // As many requests ahead of an even spread as before, however far they are spread now.
  const nanoseconds ahead = std::max(before.theoretical_arrival_ - now, nanoseconds(0));
  const auto requests = (ahead + before.interval_ - nanoseconds(1)) / before.interval_;
  theoretical_arrival_ = now + interval_ * requests;
}

RequestBudget::Ticket RequestBudget::enter(Time now) {
  while (!promised_.empty() && promised_.front().moment + kPromiseHolds < now) {
    promised_.pop_front();
  }
  Ticket ticket = next_ticket_;
  if (!promised_.empty() && promised_.front().moment <= now) {
    ticket = promised_.front().ticket;
    promised_.pop_front();
  } else {
    ++next_ticket_;
  }
  queue_.insert(std::lower_bound(queue_.begin(), queue_.end(), ticket), ticket);
  return ticket;
}

std::optional<RequestBudget::Ticket> RequestBudget::front() const {
  return queue_.empty() ? std::nullopt : std::optional(queue_.front());
}

RequestBudget::Time RequestBudget::turn(Ticket ticket, Time now) const {
  const auto place = std::lower_bound(queue_.begin(), queue_.end(), ticket);
  Time moment = free_at(now) + interval_ * (place - queue_.begin());
  for (const Promise& promise : promised_) {
    if (promise.moment > moment) {
      break;
    }
    if (promise.ticket < ticket && promise.moment + kPromiseHolds >= now) {
      moment += interval_;
    }
  }
  return moment;
}

bool RequestBudget::take(Ticket ticket, Time now) {
  if (queue_.empty() || queue_.front() != ticket || turn(ticket, now) > now) {
    return false;
  }
  queue_.pop_front();
  spend(now);
  return true;
}

void RequestBudget::leave(Ticket ticket) {
  const auto place = std::lower_bound(queue_.begin(), queue_.end(), ticket);
  if (place != queue_.end() && *place == ticket) {
    queue_.erase(place);
  }
}

void RequestBudget::postpone(Ticket ticket, Time moment) {
  leave(ticket);
  if (promised_.size() >= kMostPromises) {
    return;
  }
  const auto later = std::ranges::upper_bound(promised_, moment, {}, &Promise::moment);
  promised_.insert(later, {.moment = moment, .ticket = ticket});
}

void RequestBudget::spend(Time now) {
  ++under_way_;
  last_sent_ = now;
  if (grant_) {
    --grant_->remaining;
  }
  if (!limit_) {
    return;
  }
  theoretical_arrival_ = std::max(theoretical_arrival_, now) + interval_;
  while (!sent_.empty() && sent_.front() + limit_->window <= now) {
    sent_.pop_front();
  }
  sent_.push_back(now);
}

void RequestBudget::answered(long status, const RateLimit& limit,
                             std::optional<milliseconds> retry_after, Time now) {
  --under_way_;
  learn(limit, now);
  if (status == 429) {
    refused(retry_after ? retry_after : limit.wait, now);
  } else if (status >= 400 && retry_after) {
    block_until(now + *retry_after);
  } else if (status < 400) {
    refusals_without_time_ = 0;
  }
}

void RequestBudget::failed() { --under_way_; }

void RequestBudget::learn(const RateLimit& limit, Time now) {
  if (!limit.remaining || !limit.wait) {
    return;
  }
  // Requests that are still under way may not be counted in the answer.
  Grant grant{.remaining = std::max<std::int64_t>(*limit.remaining - under_way_, 0),
              .reserve = limit.limit ? *limit.limit / kReserveShare : kReserveOfUnknown,
              .ends = now + *limit.wait};
  // Answers may overtake each other: within a window what is left only falls.
  if (grant_ && now < grant_->ends && std::chrono::abs(grant_->ends - grant.ends) <= kSameWindow) {
    grant.remaining = std::min(grant.remaining, grant_->remaining);
  }
  grant_ = grant;
}

void RequestBudget::refused(std::optional<milliseconds> wait, Time now) {
  if (wait) {
    block_until(now + *wait);
    return;
  }
  if (now < blocked_until_) {
    return;  // The refusals of one burst count as one.
  }
  const milliseconds unnamed = kFirstUnnamedWait * (1 << std::min(refusals_without_time_, 10));
  ++refusals_without_time_;
  block_until(now + std::min(unnamed, kLongestUnnamedWait));
}

void RequestBudget::block_until(Time moment) { blocked_until_ = std::max(blocked_until_, moment); }

RequestBudget::Time RequestBudget::granted_at(Time now) const {
  if (!grant_ || now >= grant_->ends || grant_->remaining > grant_->reserve) {
    return now;
  }
  if (grant_->remaining <= 0) {
    return grant_->ends;
  }
  return last_sent_ + (grant_->ends - last_sent_) / (grant_->remaining + 1);
}

RequestBudget::Time RequestBudget::free_at(Time now) const {
  return std::max({now, blocked_until_, theoretical_arrival_ - tolerance_, granted_at(now)});
}

bool RequestBudget::is_kept_back(Time now) const {
  return blocked_until_ > now || granted_at(now) > now;
}

std::int64_t RequestBudget::sent_in_window(Time now) const {
  const auto first = std::upper_bound(sent_.begin(), sent_.end(), now - limit_->window);
  return sent_.end() - first;
}

std::optional<std::int64_t> RequestBudget::remaining(Time now) const {
  std::optional<std::int64_t> left;
  if (limit_) {
    left = std::max<std::int64_t>(limit_->requests - sent_in_window(now), 0);
  }
  if (grant_ && now < grant_->ends) {
    const auto granted = std::max<std::int64_t>(grant_->remaining, 0);
    left = left ? std::min(*left, granted) : granted;
  }
  return left;
}

}  // namespace sightingd
