#include "daemon/ops/metrics_endpoint.h"

#include "tests/daemon/http/loop_thread.h"
#include "tests/daemon/http/raw_http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sightingd {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;

/// A daemon that says what the test decided.
class ScriptedOperations final : public Operations {
 public:
  asio::awaitable<Result<Status>> status() override { co_return answer; }
  asio::awaitable<Result<std::string>> metrics_text() override { co_return "a_metric 1\n"; }
  std::optional<WatchKey> watch_key(std::string_view) const override { return std::nullopt; }
  asio::awaitable<Result<std::vector<WatchListing>>> watches() override {
    co_return std::vector<WatchListing>();
  }
  asio::awaitable<Result<void>> set_paused(std::string, bool) override { co_return Result<void>(); }
  asio::awaitable<Result<CommitOutcome>> commit(Facts) override { co_return CommitOutcome(); }
  asio::awaitable<Result<void>> change_key(SecretKey) override { co_return Result<void>(); }
  asio::awaitable<Result<ReloadReport>> reload(bool) override { co_return ReloadReport(); }
  std::optional<std::chrono::seconds> backups_kept() const override { return std::nullopt; }

  Status answer;
};

class MetricsEndpointTest : public testing::Test {
 protected:
  MetricsEndpointTest() {
    loop.run([this] {
      endpoint = MetricsEndpoint::listen(loop.loop, "127.0.0.1:0", operations).value();
    });
  }
  ~MetricsEndpointTest() override { loop.await(endpoint->stop()); }

  test::RawReply get(const std::string& target) {
    return test::RawHttp::over_tcp(endpoint->port()).ask("GET", target);
  }

  ScriptedOperations operations;
  test::LoopThread loop;
  std::unique_ptr<MetricsEndpoint> endpoint;
};

TEST_F(MetricsEndpointTest, ServesTheMetricsInTheTextFormat) {
  const test::RawReply reply = get("/metrics");

  EXPECT_EQ(reply.body, "a_metric 1\n");
  EXPECT_THAT(reply.head, HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
}

TEST_F(MetricsEndpointTest, IsAliveEvenWhenItIsNotReady) { EXPECT_EQ(get("/healthz").status, 200); }

TEST_F(MetricsEndpointTest, SaysWhyItIsNotReady) {
  operations.answer.not_ready_reason = "No source was polled yet.";

  const test::RawReply reply = get("/readyz");

  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body, "No source was polled yet.\n");
}

TEST_F(MetricsEndpointTest, SaysThatItIsReady) {
  operations.answer.ready = true;

  EXPECT_EQ(get("/readyz").status, 200);
}

TEST_F(MetricsEndpointTest, ServesThePageUnderItsOwnPolicy) {
  const test::RawReply reply = get("/");

  EXPECT_THAT(reply.body, HasSubstr("<h1>sightingd</h1>"));
  EXPECT_THAT(reply.head, HasSubstr("Content-Security-Policy: default-src 'none'; style-src"));
}

TEST_F(MetricsEndpointTest, HasNothingElse) {
  EXPECT_EQ(get("/v1/status").status, 404);
  EXPECT_EQ(test::RawHttp::over_tcp(endpoint->port()).ask("POST", "/metrics").status, 405);
}

TEST_F(MetricsEndpointTest, SaysThatItsAddressIsTaken) {
  const auto second = MetricsEndpoint::listen(
      loop.loop, "127.0.0.1:" + std::to_string(endpoint->port()), operations);

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason, "taken");
}

}  // namespace
}  // namespace sightingd
