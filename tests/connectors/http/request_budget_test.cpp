#include "connectors/http/request_budget.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace sightingd {
namespace {

using namespace std::chrono_literals;
using Time = RequestBudget::Time;

const Time kStart{1000h};

bool send_at(RequestBudget& budget, Time now) {
  const auto ticket = budget.enter(now);
  if (budget.take(ticket, now)) {
    return true;
  }
  budget.leave(ticket);
  return false;
}

// Sends as soon as each turn comes and says when that was.
Time send_next(RequestBudget& budget, Time now) {
  const auto ticket = budget.enter(now);
  while (!budget.take(ticket, now)) {
    now = budget.turn(ticket, now);
  }
  return now;
}

RateLimit granted(std::int64_t remaining, std::chrono::milliseconds wait,
                  std::int64_t limit = 300) {
  return {.limit = limit, .remaining = remaining, .wait = wait};
}

TEST(RequestBudgetTest, LetsEverythingThroughWithoutALimit) {
  RequestBudget budget(std::nullopt);

  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(send_at(budget, kStart));
    budget.answered(200, {}, std::nullopt, kStart);
  }

  EXPECT_EQ(budget.remaining(kStart), std::nullopt);
}

TEST(RequestBudgetTest, AllowsASmallBurstAndThenSpreads) {
  RequestBudget budget(RequestLimit{300, 900s});

  int burst = 0;
  while (send_at(budget, kStart)) {
    ++burst;
  }

  EXPECT_EQ(burst, 20);
  const Time next = budget.free_at(kStart);
  EXPECT_GT(next, kStart + 3s);
  EXPECT_LT(next, kStart + 4s);
}

TEST(RequestBudgetTest, NeverSendsMoreThanTheLimitInAnyWindow) {
  for (const RequestLimit limit : {RequestLimit{1, 10s}, RequestLimit{2, 1s}, RequestLimit{7, 60s},
                                   RequestLimit{300, 900s}, RequestLimit{3000, 300s}}) {
    RequestBudget budget(limit);
    std::mt19937 random(limit.requests);
    std::deque<Time> window;
    Time now = kStart;
    for (std::uint32_t i = 0; i < limit.requests * 5; ++i) {
      if (random() % 10 == 0) {  // A pause now and then lets a burst build up.
        now += limit.window * static_cast<int>(random() % 3) / 2;
      }
      now = send_next(budget, now);
      window.push_back(now);
      while (window.front() + limit.window <= now) {
        window.pop_front();
      }
      ASSERT_LE(window.size(), limit.requests);
    }
  }
}

TEST(RequestBudgetTest, CountsWhatTheBudgetBeforeItHasSent) {
  const RequestLimit limit{.requests = 100, .window = 100s};
  RequestBudget before(limit);
  while (send_at(before, kStart)) {
  }

  RequestBudget budget(limit);
  budget.inherit(before, kStart);

  EXPECT_FALSE(send_at(budget, kStart));
  EXPECT_EQ(budget.remaining(kStart), before.remaining(kStart));
  EXPECT_EQ(budget.free_at(kStart), before.free_at(kStart));
}

TEST(RequestBudgetTest, StopsAsLongAsTheBudgetBeforeItHadTo) {
  RequestBudget before(std::nullopt);
  ASSERT_TRUE(send_at(before, kStart));
  before.answered(429, {}, 90s, kStart);

  RequestBudget budget(RequestLimit{.requests = 100, .window = 100s});
  budget.inherit(before, kStart);

  EXPECT_EQ(budget.free_at(kStart), kStart + 90s);
}

TEST(RequestBudgetTest, UsesNearlyAllOfTheLimit) {
  RequestBudget budget(RequestLimit{300, 900s});
  Time now = kStart;

  for (int i = 0; i < 600; ++i) {
    now = send_next(budget, now);
  }

  EXPECT_LT(now - kStart, 1900s);
}

TEST(RequestBudgetTest, CountsWhatRemains) {
  RequestBudget budget(RequestLimit{300, 900s});

  send_at(budget, kStart);
  send_at(budget, kStart);

  EXPECT_EQ(budget.remaining(kStart), 298);
  EXPECT_EQ(budget.remaining(kStart + 901s), 300);
  budget.answered(200, granted(10, 60s), std::nullopt, kStart);
  EXPECT_EQ(budget.remaining(kStart), 9);  // The other request is still under way.
}

TEST(RequestBudgetTest, LetsGoInTheOrderOfArrival) {
  RequestBudget budget(RequestLimit{1, 10s});
  ASSERT_TRUE(send_at(budget, kStart));
  const auto first = budget.enter(kStart);
  const auto second = budget.enter(kStart + 1s);

  EXPECT_EQ(budget.turn(first, kStart + 1s), kStart + 10s);
  EXPECT_EQ(budget.turn(second, kStart + 1s), kStart + 20s);
  EXPECT_FALSE(budget.take(second, kStart + 10s));
  EXPECT_TRUE(budget.take(first, kStart + 10s));
  EXPECT_FALSE(budget.take(second, kStart + 19s));
  EXPECT_TRUE(budget.take(second, kStart + 20s));
}

TEST(RequestBudgetTest, GivesThePlaceOfOneWhoLeftToTheNext) {
  RequestBudget budget(RequestLimit{1, 10s});
  ASSERT_TRUE(send_at(budget, kStart));
  const auto first = budget.enter(kStart);
  const auto second = budget.enter(kStart);

  budget.leave(first);

  EXPECT_TRUE(budget.take(second, kStart + 10s));
}

TEST(RequestBudgetTest, KeepsThePlaceOfOneWhoWasSentAway) {
  RequestBudget budget(RequestLimit{1, 10s});
  ASSERT_TRUE(send_at(budget, kStart));
  const auto patient = budget.enter(kStart);
  const auto sent_away = budget.enter(kStart);
  const Time promise = budget.turn(sent_away, kStart);
  budget.postpone(sent_away, promise);
  ASSERT_TRUE(budget.take(patient, kStart + 10s));

  const auto greedy = budget.enter(kStart + 10s);

  EXPECT_EQ(budget.turn(greedy, kStart + 10s), promise + 10s);
  EXPECT_FALSE(budget.take(greedy, promise));
}

TEST(RequestBudgetTest, LetsOneWhoComesBackInTimeGoBeforeThoseWhoCameLater) {
  RequestBudget budget(RequestLimit{1, 10s});
  ASSERT_TRUE(send_at(budget, kStart));
  const auto sent_away = budget.enter(kStart);
  const Time promise = budget.turn(sent_away, kStart);
  budget.postpone(sent_away, promise);
  const auto later = budget.enter(kStart + 1s);

  const auto back = budget.enter(promise);

  EXPECT_EQ(budget.front(), back);
  EXPECT_TRUE(budget.take(back, promise));
  EXPECT_EQ(budget.turn(later, promise), promise + 10s);
}

TEST(RequestBudgetTest, ForgetsThePlaceOfOneWhoDoesNotComeBack) {
  RequestBudget budget(RequestLimit{1, 10s});
  ASSERT_TRUE(send_at(budget, kStart));
  const auto sent_away = budget.enter(kStart);
  budget.postpone(sent_away, kStart + 10s);
  const auto other = budget.enter(kStart);

  EXPECT_FALSE(budget.take(other, kStart + 11s));
  EXPECT_TRUE(budget.take(other, kStart + 13s));
}

// Watches that read as fast as they may: each waits for its turn, or is sent away until then and
// comes back on time.
struct Reader {
  std::optional<RequestBudget::Ticket> ticket;
  Time asks_at = kStart;
  int sent = 0;
};

void serve(RequestBudget& budget, Reader& reader, Time now, std::chrono::seconds patience) {
  if (reader.asks_at > now) {
    return;
  }
  if (!reader.ticket) {
    reader.ticket = budget.enter(now);
  }
  if (budget.take(*reader.ticket, now)) {
    budget.answered(200, {}, std::nullopt, now);
    reader.ticket.reset();
    reader.asks_at = now + 1s;  // It looks at the page.
    ++reader.sent;
    return;
  }
  const Time turn = budget.turn(*reader.ticket, now);
  if (turn > now + patience) {
    budget.postpone(*reader.ticket, turn);
    reader.ticket.reset();
    reader.asks_at = std::chrono::ceil<std::chrono::seconds>(turn);
  }
}

TEST(RequestBudgetTest, SharesTheLimitFairlyAmongThoseWhoWaitAndThoseWhoWereSentAway) {
  for (const std::size_t readers : {std::size_t{2}, std::size_t{10}, std::size_t{100}}) {
    RequestBudget budget(RequestLimit{300, 900s});
    std::vector<Reader> all(readers);

    for (Time now = kStart; now < kStart + 4h; now += 1s) {
      for (Reader& reader : all) {
        serve(budget, reader, now, 60s);
      }
    }

    const auto [least, most] = std::ranges::minmax(all, {}, &Reader::sent);
    EXPECT_GE(least.sent * 4, most.sent * 3) << readers;
    int sent = 0;
    for (const Reader& reader : all) {
      sent += reader.sent;
    }
    EXPECT_GT(sent, 16 * 300 * 8 / 10) << readers;
  }
}

TEST(RequestBudgetTest, WaitsForTheEndOfAServersWindow) {
  RequestBudget budget(std::nullopt);
  ASSERT_TRUE(send_at(budget, kStart));

  budget.answered(200, granted(0, 60s), std::nullopt, kStart);

  EXPECT_EQ(budget.free_at(kStart), kStart + 60s);
  EXPECT_EQ(budget.remaining(kStart), 0);
  EXPECT_TRUE(send_at(budget, kStart + 60s));
}

TEST(RequestBudgetTest, SendsMostOfAGrantFreelyAndSpreadsTheRest) {
  RequestBudget budget(std::nullopt);
  ASSERT_TRUE(send_at(budget, kStart));
  budget.answered(200, granted(100, 300s), std::nullopt, kStart);

  int at_once = 0;
  while (send_at(budget, kStart)) {
    ++at_once;
  }

  EXPECT_EQ(at_once, 40);  // 60 of 300 are the last fifth.
  Time now = kStart;
  for (int i = 0; i < 60; ++i) {
    now = send_next(budget, now);
  }
  EXPECT_LT(now, kStart + 300s);
  EXPECT_EQ(send_next(budget, now), kStart + 300s);
}

TEST(RequestBudgetTest, BelievesTheLowerOfTwoAnswersInOneWindow) {
  RequestBudget budget(std::nullopt);
  send_at(budget, kStart);
  send_at(budget, kStart);

  budget.answered(200, granted(50, 60s), std::nullopt, kStart);
  budget.answered(200, granted(51, 61s), std::nullopt, kStart);

  EXPECT_EQ(budget.remaining(kStart), 49);
}

TEST(RequestBudgetTest, BelievesANewWindow) {
  RequestBudget budget(std::nullopt);
  send_at(budget, kStart);
  send_at(budget, kStart);

  budget.answered(200, granted(1, 10s), std::nullopt, kStart);
  budget.answered(200, granted(299, 300s), std::nullopt, kStart + 11s);

  EXPECT_EQ(budget.remaining(kStart + 11s), 299);
}

TEST(RequestBudgetTest, StopsUntilTheTimeThatARefusalNames) {
  RequestBudget budget(std::nullopt);
  ASSERT_TRUE(send_at(budget, kStart));

  budget.answered(429, {}, 90s, kStart);

  EXPECT_EQ(budget.free_at(kStart), kStart + 90s);
}

TEST(RequestBudgetTest, WaitsLongerAfterEachRefusalWithoutATime) {
  RequestBudget budget(std::nullopt);
  Time now = kStart;

  for (const auto expected : {30s, 60s, 120s, 240s, 480s, 900s, 900s}) {
    ASSERT_TRUE(send_at(budget, now));
    budget.answered(429, {}, std::nullopt, now);
    EXPECT_EQ(budget.free_at(now), now + expected);
    now += expected;
  }
  ASSERT_TRUE(send_at(budget, now));
  budget.answered(200, {}, std::nullopt, now);
  ASSERT_TRUE(send_at(budget, now));
  budget.answered(429, {}, std::nullopt, now);
  EXPECT_EQ(budget.free_at(now), now + 30s);
}

TEST(RequestBudgetTest, CountsTheRefusalsOfOneBurstOnce) {
  RequestBudget budget(std::nullopt);
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(send_at(budget, kStart));
  }

  for (int i = 0; i < 4; ++i) {
    budget.answered(429, {}, std::nullopt, kStart);
  }

  EXPECT_EQ(budget.free_at(kStart), kStart + 30s);
}

TEST(RequestBudgetTest, TakesTheEndOfAWindowForNoRequestToWait) {
  RequestBudget budget(std::nullopt);
  ASSERT_TRUE(send_at(budget, kStart));

  budget.answered(503, granted(200, 240s), std::nullopt, kStart);

  EXPECT_EQ(budget.free_at(kStart), kStart);
}

TEST(RequestBudgetTest, ObeysRetryAfterOfAServerThatIsBusy) {
  RequestBudget budget(RequestLimit{300, 900s});
  ASSERT_TRUE(send_at(budget, kStart));

  budget.answered(503, {}, 120s, kStart);

  EXPECT_EQ(budget.free_at(kStart), kStart + 120s);
}

}  // namespace
}  // namespace sightingd
