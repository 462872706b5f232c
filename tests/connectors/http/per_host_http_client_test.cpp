#include "connectors/http/per_host_http_client.h"

#include "tests/connectors/http/event_loop.h"
#include "tests/connectors/http/scripted_http_client.h"
#include "tests/support/manual_clock.h"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

namespace sightingd {
namespace {

class PerHostHttpClientTest : public ::testing::Test {
 protected:
  Result<HttpResponse> get(std::string url) { return loop.send(client, {.url = std::move(url)}); }

  test::EventLoop loop;
  test::ManualClock clock;
  test::ScriptedHttpClient scripted;
  PerHostHttpClient client{loop.io().get_executor(), scripted, clock, std::mt19937(1), {}};
};

TEST_F(PerHostHttpClientTest, HoldsBackTheHostAloneThatAskedForIt) {
  scripted.will_answer(429, {{"retry-after", "86400"}});

  EXPECT_EQ(get("https://hostile.example/1.jpg").value().status, 429);

  EXPECT_EQ(get("https://media.example/1.jpg").value().status, 200);
  EXPECT_EQ(get("https://hostile.example/2.jpg").error().code, ErrorCode::RateLimited);
  EXPECT_EQ(scripted.requests.size(), 2U);
}

TEST_F(PerHostHttpClientTest, TakesEveryPortForAHostOfItsOwn) {
  get("https://media.example/1.jpg");
  get("https://MEDIA.example:443/2.jpg");
  get("https://media.example:8443/1.jpg");

  EXPECT_EQ(client.hosts(), 2U);
}

TEST_F(PerHostHttpClientTest, ForgetsHostsButNotWhatItCounted) {
  constexpr std::size_t kHosts = PerHostHttpClient::kMostHosts + 10;
  for (std::size_t i = 0; i < kHosts; ++i) {
    get("https://host" + std::to_string(i) + ".example/");
  }

  EXPECT_EQ(client.hosts(), PerHostHttpClient::kMostHosts);
  EXPECT_EQ(client.attempts_by_outcome().at("200"), kHosts);
}

}  // namespace
}  // namespace sightingd
