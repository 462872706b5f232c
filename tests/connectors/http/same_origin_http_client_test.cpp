#include "connectors/http/same_origin_http_client.h"

#include "connectors/http/budgeted_http_client.h"
#include "tests/connectors/http/event_loop.h"
#include "tests/connectors/http/scripted_http_client.h"
#include "tests/support/manual_clock.h"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <random>
#include <utility>

namespace sightingd {
namespace {

using namespace std::chrono_literals;

class SameOriginHttpClientTest : public ::testing::Test {
 protected:
  Result<HttpResponse> send(HttpRequest request = {.url = "https://source.example/"}) {
    SameOriginHttpClient client(scripted);
    return loop.send(client, std::move(request));
  }

  test::EventLoop loop;
  test::ScriptedHttpClient scripted;
};

TEST_F(SameOriginHttpClientTest, FollowsARedirectWithinTheOriginInATurnOfItsOwn) {
  test::ManualClock clock;
  BudgetedHttpClient budgeted(loop.io().get_executor(), scripted, clock, std::mt19937(1),
                              {.limit = RequestLimit{300, 900s}});
  SameOriginHttpClient client(budgeted);
  scripted.will_lead_to("https://source.example/there");

  EXPECT_EQ(loop.send(client, {.url = "https://source.example/"}).value().status, 200);

  ASSERT_EQ(scripted.requests.size(), 2U);
  EXPECT_EQ(scripted.requests[1].url, "https://source.example/there");
  EXPECT_EQ(budgeted.remaining(), 298);
}

TEST_F(SameOriginHttpClientTest, AsksNoOtherHostInTheNameOfItsOwn) {
  scripted.will_lead_to("https://other.example/");

  const auto refused = send({.url = "https://source.example/", .bearer_token = "secret"});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Malformed);
  EXPECT_EQ(refused.error().reason, "redirects");
  EXPECT_EQ(scripted.requests.size(), 1U);
}

TEST_F(SameOriginHttpClientTest, FollowsNoMoreRedirectsThanItIsTold) {
  for (int i = 0; i < 3; ++i) {
    scripted.will_lead_to("https://source.example/");
  }

  const auto refused = send({.url = "https://source.example/", .max_redirects = 2});

  EXPECT_EQ(refused.error().reason, "redirects");
  EXPECT_EQ(scripted.requests.size(), 3U);
}

}  // namespace
}  // namespace sightingd
