#include "connectors/http/curl_http_client.h"

#include "tests/connectors/http/event_loop.h"
#include "tests/support/loopback_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>

namespace sightingd {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using test::Fault;
using test::LoopbackAnswer;
using test::redirect_to;
using testing::HasSubstr;

// The reason of a failure, or "ok".
std::string_view reason_of(const Result<HttpResponse>& result) {
  return result ? "ok" : result.error().reason;
}

class CurlHttpClientTest : public ::testing::Test {
 protected:
  std::unique_ptr<CurlHttpClient> make_client(HttpOptions options) {
    options.user_agent_contact = "mailto:ops@example.org";
    return CurlHttpClient::make(loop.io().get_executor(), options, "1.2.3").value();
  }

  Result<HttpResponse> get(std::string url) { return send({.url = std::move(url)}); }
  Result<HttpResponse> send(HttpRequest request) { return loop.send(*client, std::move(request)); }

  test::LoopbackServer server;
  test::EventLoop loop;
  std::unique_ptr<CurlHttpClient> client = make_client({.allow_addresses = {"127.0.0.1"}});
};

TEST_F(CurlHttpClientTest, ReturnsWhatTheServerSaid) {
  server.answer("/posts?limit=40",
                LoopbackAnswer{
                    .status = 429,
                    .body = "[]",
                    .headers = {"X-RateLimit-Limit: 300", "X-RateLimit-Remaining: 0",
                                "X-RateLimit-Reset: 2026-11-24T00:23:14.000Z",
                                "Date: Tue, 24 Nov 2026 00:22:45 GMT", "X-Padded:   two words  "}});

  const auto response = get(server.url("/posts?limit=40"));

  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 429);
  EXPECT_EQ(response->body, "[]");
  EXPECT_EQ(response->header("x-padded"), "two words");
  EXPECT_EQ(response->date, parse_rfc3339("2026-11-24T00:22:45Z"));
  EXPECT_EQ(response->rate_limit, (RateLimit{.limit = 300, .remaining = 0, .wait = 29s}));
  EXPECT_EQ(response->final_url, server.url("/posts?limit=40"));
}

// Lets this process open no descriptor above the next free one.
class NoMoreDescriptors {
 public:
  NoMoreDescriptors() {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    const int next = ::dup(STDERR_FILENO);
    ::close(next);
    const rlimit fewer{.rlim_cur = static_cast<rlim_t>(next) + 1, .rlim_max = before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &fewer), 0);
  }
  ~NoMoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(CurlHttpClientTest, FailsATransferThatItCannotWatch) {
  server.answer("/", "fine");
  ASSERT_EQ(reason_of(get(server.url("/"))), "ok");  // From here on its thread opens nothing.
  const tcp::acceptor silent(loop.io(), {boost::asio::ip::address_v4::loopback(), 0});
  const std::string url =
      "http://127.0.0.1:" + std::to_string(silent.local_endpoint().port()) + "/";
  {
    const NoMoreDescriptors limit;  // One is left: for the connection, not for the watch on it.

    EXPECT_EQ(reason_of(get(url)), "unreachable");
  }
  EXPECT_EQ(reason_of(get(server.url("/"))), "ok");
}

TEST_F(CurlHttpClientTest, SaysWhoItIs) {
  server.answer("/", "");

  ASSERT_TRUE(get(server.url("/")));

  EXPECT_EQ(server.requests().at(0).header("user-agent"),
            "sightingd/1.2.3 (+mailto:ops@example.org)");
}

TEST_F(CurlHttpClientTest, SendsMethodBodyHeadersAndToken) {
  server.answer("/session", "done");

  const auto response = send({.url = server.url("/session"),
                              .headers = {"Content-Type: application/json"},
                              .bearer_token = "secret",
                              .method = "POST",
                              .body = "{}"});

  ASSERT_TRUE(response) << response.error().message;
  const auto request = server.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.body, "{}");
  EXPECT_EQ(request.header("content-type"), "application/json");
  EXPECT_EQ(request.header("authorization"), "Bearer secret");
}

TEST_F(CurlHttpClientTest, AsksForAHeadWithoutABody) {
  server.answer("/photo", std::string(100, 'x'));

  const auto response = send({.url = server.url("/photo"), .method = "HEAD", .max_body_bytes = 10});

  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "");
  EXPECT_EQ(response->header("content-length"), "100");
}

TEST_F(CurlHttpClientTest, KeepsItsConnection) {
  server.answer("/", "again");

  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(get(server.url("/")).value().body, "again");
  }

  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(CurlHttpClientTest, OpensAtMostFourConnectionsToAHost) {
  server.answer("/", std::string(50'000, 'y'));
  std::vector<test::StartedRequest> requests;
  for (int i = 0; i < 40; ++i) {
    requests.push_back(loop.start(*client, {.url = server.url("/")}));
  }

  for (auto& request : requests) {
    EXPECT_EQ(request.wait().value().body.size(), 50'000U);
  }

  EXPECT_LE(server.connections(), 4U);
}

TEST_F(CurlHttpClientTest, TimesOutWhoWaitsForAConnectionToo) {
  server.answer("/silence", LoopbackAnswer{.fault = Fault::Silence});
  std::vector<test::StartedRequest> requests;
  for (int i = 0; i < 10; ++i) {
    requests.push_back(loop.start(*client, {.url = server.url("/silence"), .timeout = 50ms}));
  }

  for (auto& request : requests) {
    EXPECT_EQ(reason_of(request.wait()), "timeout");
  }
}

TEST_F(CurlHttpClientTest, DecodesCompressedBodies) {
  const std::string hello_in_gzip(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05"
      "\x00\x00\x00",
      25);
  server.answer("/", LoopbackAnswer{.body = hello_in_gzip, .headers = {"Content-Encoding: gzip"}});

  const auto response = get(server.url("/"));

  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "hello");
  EXPECT_THAT(std::string(server.requests().at(0).header("accept-encoding")), HasSubstr("gzip"));
}

TEST_F(CurlHttpClientTest, StopsAtTheBodyLimit) {
  server.answer("/", std::string(100, 'x'));

  EXPECT_TRUE(send({.url = server.url("/"), .max_body_bytes = 100}));
  const auto response = send({.url = server.url("/"), .max_body_bytes = 99});

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::TooLarge);
  EXPECT_EQ(response.error().reason, "too_large");
}

TEST_F(CurlHttpClientTest, StopsAtTheBodyLimitAfterDecoding) {
  const std::string thousand_letters_in_gzip(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x4c\x1c\x05\xa3\x60\x14\x0c\x77\x00\x00\x03"
      "\xda\x38\x9a\xe8\x03\x00\x00",
      29);
  server.answer(
      "/", LoopbackAnswer{.body = thousand_letters_in_gzip, .headers = {"Content-Encoding: gzip"}});

  EXPECT_EQ(get(server.url("/")).value().body.size(), 1000U);
  const auto response = send({.url = server.url("/"), .max_body_bytes = 999});

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::TooLarge) << response.error().message;
}

TEST_F(CurlHttpClientTest, StopsAtTheHeaderLimits) {
  server.answer("/many", LoopbackAnswer{.headers = std::vector<std::string>(300, "X-A: b")});
  server.answer("/long", LoopbackAnswer{.headers = std::vector<std::string>(
                                            10, "X-A: " + std::string(10'000, 'b'))});

  EXPECT_EQ(get(server.url("/many")).error().code, ErrorCode::TooLarge);
  EXPECT_EQ(get(server.url("/long")).error().code, ErrorCode::TooLarge);
}

TEST_F(CurlHttpClientTest, NamesWhatWentWrong) {
  const std::string body(1000, 'x');
  server.answer("/silence", LoopbackAnswer{.fault = Fault::Silence});
  server.answer("/empty", LoopbackAnswer{.fault = Fault::Empty});
  server.answer("/reset", LoopbackAnswer{.body = body, .fault = Fault::Reset});
  server.answer("/truncated", LoopbackAnswer{.body = body, .fault = Fault::Truncate});
  server.answer("/garbage", LoopbackAnswer{.fault = Fault::Garbage});
  server.answer("/drip", LoopbackAnswer{.body = body, .fault = Fault::SlowDrip});
  server.answer("/bad-gzip", LoopbackAnswer{.body = "no", .headers = {"Content-Encoding: gzip"}});

  EXPECT_EQ(reason_of(send({.url = server.url("/silence"), .timeout = 50ms})), "timeout");
  EXPECT_EQ(reason_of(send({.url = server.url("/drip"), .timeout = 50ms})), "timeout");
  EXPECT_EQ(reason_of(get(server.url("/empty"))), "truncated");
  EXPECT_EQ(reason_of(get(server.url("/reset"))), "truncated");
  EXPECT_EQ(reason_of(get(server.url("/truncated"))), "truncated");
  EXPECT_EQ(reason_of(get(server.url("/garbage"))), "garbled");
  EXPECT_EQ(reason_of(get(server.url("/bad-gzip"))), "garbled");
}

TEST_F(CurlHttpClientTest, CallsAClosedPortUnreachable) {
  const auto gone = std::make_unique<test::LoopbackServer>()->url("/");

  const auto response = get(gone);

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(response.error().reason, "unreachable");
}

TEST_F(CurlHttpClientTest, RefusesWhatIsNoHttpUrl) {
  for (const char* url :
       {"", "ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/", "http://",
        "http://user:password@127.0.0.1/", "http://127.0.0.1:99999/", "//127.0.0.1/", "\n"}) {
    const auto response = get(url);
    ASSERT_FALSE(response) << url;
    EXPECT_EQ(response.error().code, ErrorCode::Malformed) << url;
    EXPECT_EQ(response.error().reason, "url") << url;
  }
}

TEST_F(CurlHttpClientTest, RefusesHeadersThatWouldAddOthers) {
  EXPECT_EQ(reason_of(send({.url = server.url("/"), .headers = {"A: b\r\nC: d"}})), "url");
  EXPECT_EQ(reason_of(send({.url = server.url("/"), .bearer_token = "a\nb"})), "url");
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(CurlHttpClientTest, EncodesWhatAUrlMayNotHold) {
  server.answer("/%e5%af%bb?q=a+b", "found");

  EXPECT_EQ(get(server.url("/\xe5\xaf\xbb?q=a b")).value().body, "found");
}

TEST_F(CurlHttpClientTest, FollowsRedirectsWithinTheLimit) {
  server.answer("/1", redirect_to("/2", 301));
  server.answer("/2", redirect_to(server.url("/3"), 307));
  server.answer("/3", "end");

  const auto response = send({.url = server.url("/1"), .max_redirects = 2});
  const auto refused = send({.url = server.url("/1"), .max_redirects = 1});

  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "end");
  EXPECT_EQ(response->final_url, server.url("/3"));
  EXPECT_EQ(reason_of(refused), "redirects");
}

TEST_F(CurlHttpClientTest, ReturnsARedirectThatItIsNotToFollow) {
  server.answer("/1", redirect_to("/2", 301));

  const auto response = send({.url = server.url("/1"), .max_redirects = 0});

  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 301);
  EXPECT_EQ(response->redirect_target, server.url("/2"));
}

TEST_F(CurlHttpClientTest, LeavesALoopOfRedirects) {
  server.answer("/loop", redirect_to("/loop"));

  const auto response = get(server.url("/loop"));

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::Malformed);
  EXPECT_EQ(response.error().reason, "redirects");
  EXPECT_EQ(server.requests_for("/loop"), 6U);
}

TEST_F(CurlHttpClientTest, FollowsNoRedirectToOtherSchemes) {
  for (const char* target : {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/"}) {
    server.answer("/", redirect_to(target));
    EXPECT_EQ(reason_of(get(server.url("/"))), "redirects") << target;
  }
}

TEST_F(CurlHttpClientTest, ReturnsTheRedirectOfAPost) {
  server.answer("/", redirect_to("/elsewhere"));

  const auto response = send({.url = server.url("/"), .method = "POST"});

  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 302);
  EXPECT_EQ(response->header("location"), "/elsewhere");
}

TEST_F(CurlHttpClientTest, KeepsSecretsFromOtherOrigins) {
  test::LoopbackServer other;
  server.answer("/home", redirect_to("/again"));
  server.answer("/again", redirect_to(other.url("/away")));
  other.answer("/away", "");

  ASSERT_TRUE(send({.url = server.url("/home"),
                    .headers = {"Cookie: session=1", "x-plain: y"},
                    .bearer_token = "secret"}));

  for (const auto& request : server.requests()) {
    EXPECT_EQ(request.header("authorization"), "Bearer secret");
    EXPECT_EQ(request.header("cookie"), "session=1");
  }
  const auto away = other.requests().at(0);
  EXPECT_EQ(away.header("authorization"), "");
  EXPECT_EQ(away.header("cookie"), "");
  EXPECT_EQ(away.header("x-plain"), "y");
}

TEST_F(CurlHttpClientTest, RefusesPrivateAddressesInEverySpelling) {
  const auto strict = make_client({});
  const std::string port = std::to_string(server.port());

  for (const std::string host :
       {"127.0.0.1", "localhost", "0x7f000001", "2130706433", "0177.0.0.1", "127.1", "[::1]",
        "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]", "0.0.0.0", "10.0.0.1",
        "169.254.169.254", "[fe80::1]"}) {
    const auto response = loop.send(*strict, {.url = "http://" + host + ":" + port + "/"});
    ASSERT_FALSE(response) << host;
    EXPECT_EQ(response.error().code, ErrorCode::Forbidden) << host << response.error().message;
    EXPECT_EQ(response.error().reason, "address") << host;
  }
  EXPECT_EQ(server.connections(), 0U);
  EXPECT_GE(strict->refused_addresses(), 14U);
}

TEST_F(CurlHttpClientTest, RefusesARedirectToAPrivateAddress) {
  server.answer("/", redirect_to("http://10.0.0.1/secret"));

  const auto response = get(server.url("/"));

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::Forbidden);
  EXPECT_EQ(response.error().reason, "address");
  EXPECT_EQ(client->refused_addresses(), 1U);
}

TEST_F(CurlHttpClientTest, TakesNoProxyFromTheEnvironment) {
  test::LoopbackServer proxy;
  server.answer("/", "direct");
  ASSERT_EQ(setenv("http_proxy", proxy.origin().c_str(), 1), 0);

  const auto response = get(server.url("/"));

  unsetenv("http_proxy");
  EXPECT_EQ(response.value().body, "direct");
  EXPECT_EQ(proxy.connections(), 0U);
}

TEST_F(CurlHttpClientTest, GoesThroughTheConfiguredProxy) {
  test::LoopbackServer proxy;
  proxy.answer("http://photos.example/1.jpg", "through");
  const auto proxied = make_client({.proxy = proxy.origin()});

  const auto response = loop.send(*proxied, {.url = "http://photos.example/1.jpg"});

  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "through");
}

TEST_F(CurlHttpClientTest, GuardsLiteralAddressesThroughAProxy) {
  test::LoopbackServer proxy;
  proxy.answer("http://photos.example/", redirect_to("http://[::ffff:10.0.0.1]/"));
  const auto proxied = make_client({.proxy = proxy.origin()});

  for (const char* url : {"http://10.0.0.1/", "http://2130706433/", "http://[::1]/",
                          "http://localhost/", "http://a.localhost./", "http://photos.example/"}) {
    EXPECT_EQ(reason_of(loop.send(*proxied, {.url = url})), "address") << url;
  }
  EXPECT_EQ(proxy.requests().size(), 1U);
}

TEST_F(CurlHttpClientTest, SendsNoTokenInClearThroughAProxy) {
  test::LoopbackServer proxy;
  const auto proxied = make_client({.proxy = proxy.origin()});

  const auto response =
      loop.send(*proxied, {.url = "http://source.example/", .bearer_token = "secret"});

  EXPECT_EQ(reason_of(response), "address");
  EXPECT_TRUE(proxy.requests().empty());
}

TEST_F(CurlHttpClientTest, AbandonsACancelledRequest) {
  server.answer("/silence", LoopbackAnswer{.fault = Fault::Silence});
  server.answer("/", "alive");
  auto request = loop.start(*client, {.url = server.url("/silence")});
  loop.turn();

  request.cancel();

  EXPECT_EQ(reason_of(request.wait()), "cancelled");
  EXPECT_EQ(get(server.url("/")).value().body, "alive");
}

TEST_F(CurlHttpClientTest, DiesWithRequestsUnderWay) {
  server.answer("/silence", LoopbackAnswer{.fault = Fault::Silence});
  std::vector<test::StartedRequest> requests;
  for (int i = 0; i < 10; ++i) {
    requests.push_back(loop.start(*client, {.url = server.url("/silence")}));
  }
  loop.turn();

  client.reset();
  loop.turn();

  for (const auto& request : requests) {
    EXPECT_FALSE(request.done());
  }
}

TEST_F(CurlHttpClientTest, RefusesToStartWithABadNetwork) {
  const auto bad =
      CurlHttpClient::make(loop.io().get_executor(), {.allow_addresses = {"everything"}}, "1.2.3");

  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, ErrorCode::Malformed);
}

}  // namespace
}  // namespace sightingd
