#include "connectors/http/budgeted_http_client.h"

#include "tests/connectors/http/event_loop.h"
#include "tests/connectors/http/scripted_http_client.h"
#include "tests/support/manual_clock.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <utility>

namespace sightingd {
namespace {

using namespace std::chrono_literals;

class BudgetedHttpClientTest : public ::testing::Test {
 protected:
  void use(const BudgetedHttpOptions& options) {
    client.emplace(loop.io().get_executor(), scripted, clock, std::mt19937(1), options);
  }

  void SetUp() override { use({.first_backoff = 1ms}); }

  Result<HttpResponse> send(HttpRequest request = {.url = "https://source.example/"}) {
    return loop.send(*client, std::move(request));
  }

  test::EventLoop loop;
  test::ManualClock clock;
  test::ScriptedHttpClient scripted;
  std::optional<BudgetedHttpClient> client;
};

TEST_F(BudgetedHttpClientTest, TriesAgainWhatMayPass) {
  scripted.will_fail(ErrorCode::Unavailable, "truncated");
  scripted.will_answer(503);

  const auto response = send();

  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(client->attempts_by_outcome(),
            (std::map<std::string, std::uint64_t>{{"200", 1}, {"503", 1}, {"truncated", 1}}));
}

TEST_F(BudgetedHttpClientTest, GivesUpAfterTheLastAttempt) {
  for (int i = 0; i < 4; ++i) {
    scripted.will_answer(502);
  }

  EXPECT_EQ(send().value().status, 502);
  EXPECT_EQ(scripted.requests.size(), 3U);
}

TEST_F(BudgetedHttpClientTest, DoesNotRepeatWhatWillNotChange) {
  scripted.will_answer(404);
  scripted.will_fail(ErrorCode::Forbidden, "address");
  scripted.will_fail(ErrorCode::Unavailable, "tls");
  scripted.will_fail(ErrorCode::TooLarge, "too_large");

  EXPECT_EQ(send().value().status, 404);
  EXPECT_EQ(send().error().reason, "address");
  EXPECT_EQ(send().error().reason, "tls");
  EXPECT_EQ(send().error().reason, "too_large");
  EXPECT_EQ(scripted.requests.size(), 4U);
}

TEST_F(BudgetedHttpClientTest, DoesNotRepeatWhatChangesTheServer) {
  scripted.will_answer(503);

  EXPECT_EQ(send({.url = "https://source.example/", .method = "POST"}).value().status, 503);
}

TEST_F(BudgetedHttpClientTest, SpendsTheBudgetOnEveryAttempt) {
  use({.limit = RequestLimit{300, 900s}, .first_backoff = 1ms});
  scripted.will_answer(503);

  send();

  EXPECT_EQ(client->remaining(), 298);
}

TEST_F(BudgetedHttpClientTest, FailsAtOnceWhenTheWaitWouldBeLong) {
  use({.limit = RequestLimit{1, 900s}});

  EXPECT_TRUE(send());
  const auto refused = send();

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::RateLimited);
  EXPECT_EQ(refused.error().reason, kOwnLimit);
  EXPECT_GT(refused.error().retry_after, 890s);
  EXPECT_LE(refused.error().retry_after, 900s);
  EXPECT_EQ(scripted.requests.size(), 1U);
  EXPECT_GT(client->blocked_for(), 890s);
}

TEST_F(BudgetedHttpClientTest, CountsTheTimeOfARequestFromItsTurn) {
  use({.limit = RequestLimit{1, 1s}});
  ASSERT_TRUE(send());

  EXPECT_TRUE(send({.url = "https://source.example/", .timeout = 500ms}));

  EXPECT_GT(scripted.requests.back().timeout, 0ms) << "it has waited twice as long for its turn";
}

TEST_F(BudgetedHttpClientTest, WaitsForItsTurnLongerThanForTheServer) {
  use({.limit = RequestLimit{1, 1s}, .longest_wait = 10ms});
  ASSERT_TRUE(send());
  scripted.will_answer(503, {{"retry-after", "2"}});

  EXPECT_EQ(send().value().status, 503);
  EXPECT_FALSE(send());
}

TEST_F(BudgetedHttpClientTest, WaitsForItsTurnWhenThatIsNear) {
  use({.limit = RequestLimit{1, 1s}});

  EXPECT_TRUE(send());
  EXPECT_TRUE(send());

  EXPECT_EQ(scripted.requests.size(), 2U);
}

TEST_F(BudgetedHttpClientTest, ReturnsARefusalAndBlocksWhatFollows) {
  scripted.will_answer(429, {{"retry-after", "600"}}, {.limit = {}, .remaining = {}, .wait = 600s});

  EXPECT_EQ(send().value().status, 429);
  const auto next = send();

  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().code, ErrorCode::RateLimited);
  EXPECT_EQ(next.error().reason, "rate_limited");
  EXPECT_GT(next.error().retry_after, 590s);
  EXPECT_EQ(scripted.requests.size(), 1U);
}

TEST_F(BudgetedHttpClientTest, RepeatsAfterARefusalThatIsShort) {
  scripted.will_answer(429, {{"retry-after", "0"}}, {.limit = {}, .remaining = {}, .wait = 0s});

  EXPECT_EQ(send().value().status, 200);
}

TEST_F(BudgetedHttpClientTest, ReturnsAnAnswerThatAsksForALongWait) {
  scripted.will_answer(503, {{"retry-after", "600"}}, {.limit = {}, .remaining = {}, .wait = 600s});

  EXPECT_EQ(send().value().status, 503);
  EXPECT_EQ(send().error().code, ErrorCode::RateLimited);
}

TEST_F(BudgetedHttpClientTest, ObeysTheServersOwnCount) {
  scripted.will_answer(200, {}, {.limit = 300, .remaining = 0, .wait = 200s});

  EXPECT_EQ(send().value().status, 200);
  EXPECT_EQ(client->remaining(), 0);
  EXPECT_EQ(send().error().code, ErrorCode::RateLimited);
}

TEST_F(BudgetedHttpClientTest, GivesEveryAttemptTheTimeThatIsLeft) {
  use({.first_backoff = 50ms});
  scripted.will_answer(503);

  send({.url = "https://source.example/", .timeout = 10s});

  ASSERT_EQ(scripted.requests.size(), 2U);
  EXPECT_LE(scripted.requests[0].timeout, 10s);
  EXPECT_LT(scripted.requests[1].timeout, scripted.requests[0].timeout);
}

// Answers the first request when it is told to, the others from the script.
class HoldingHttpClient final : public HttpClient {
 public:
  HoldingHttpClient(boost::asio::any_io_executor executor, HttpClient& others)
      : released_(std::move(executor), boost::asio::steady_timer::time_point::max()),
        others_(others) {}

  boost::asio::awaitable<Result<HttpResponse>> send(HttpRequest request) override {
    if (!std::exchange(holds_one_, true)) {
      boost::system::error_code woken;
      co_await released_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
    }
    co_return co_await others_.send(std::move(request));
  }

  void release() { released_.cancel(); }

 private:
  boost::asio::steady_timer released_;
  HttpClient& others_;
  bool holds_one_ = false;
};

TEST_F(BudgetedHttpClientTest, WakesThoseWhoWaitWhenAnAnswerMakesItTheirTurn) {
  HoldingHttpClient holding(loop.io().get_executor(), scripted);
  BudgetedHttpClient budgeted(loop.io().get_executor(), holding, clock, std::mt19937(1), {});
  auto held = loop.start(budgeted, {.url = "https://source.example/"});
  scripted.will_answer(200, {}, {.limit = 300, .remaining = 0, .wait = 4s});
  ASSERT_TRUE(loop.send(budgeted, {.url = "https://source.example/"}));
  auto front = loop.start(budgeted, {.url = "https://source.example/"});
  auto behind = loop.start(budgeted, {.url = "https://source.example/"});
  loop.turn();
  ASSERT_FALSE(front.done());

  scripted.will_answer(200, {}, {.limit = 300, .remaining = 299, .wait = 300s});
  holding.release();
  for (int i = 0; i < 10; ++i) {
    loop.turn();
  }

  EXPECT_TRUE(front.done());
  EXPECT_TRUE(behind.done());
  EXPECT_TRUE(held.wait());
}

TEST_F(BudgetedHttpClientTest, LetsGoOfItsPlaceWhenCancelled) {
  use({.limit = RequestLimit{1, 3s}});
  ASSERT_TRUE(send());
  auto waiting = loop.start(*client, {.url = "https://source.example/"});
  loop.turn();

  waiting.cancel();

  const auto result = waiting.wait();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, "cancelled");
  EXPECT_EQ(scripted.requests.size(), 1U);
}

TEST_F(BudgetedHttpClientTest, CountsStatusesThatNobodyKnowsByTheirClass) {
  for (const long status : {299L, 499L, 498L, 599L, 999L}) {
    scripted.will_answer(status);
    send();
  }

  EXPECT_EQ(client->attempts_by_outcome(), (std::map<std::string, std::uint64_t>{
                                               {"2xx", 1}, {"4xx", 2}, {"5xx", 1}, {"other", 1}}));
}

TEST_F(BudgetedHttpClientTest, ComparesTheServersClockWithOurs) {
  HttpResponse response;
  response.status = 200;
  response.date = clock.now() - 2h;
  scripted.script.emplace_back(response);

  EXPECT_EQ(client->clock_difference(), std::nullopt);
  send();

  EXPECT_EQ(client->clock_difference(), -2h);
}

}  // namespace
}  // namespace sightingd
