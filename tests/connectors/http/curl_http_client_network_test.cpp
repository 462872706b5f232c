// What needs TLS, a name server or a public address, all of them on loopback.
#include "connectors/http/curl_http_client.h"

#include "tests/connectors/http/event_loop.h"
#include "tests/connectors/http/own_network.h"
#include "tests/support/loopback_server.h"
#include "tests/support/tls_front.h"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sightingd {
namespace {

using namespace std::chrono_literals;

std::string_view reason_of(const Result<HttpResponse>& result) {
  return result ? "ok" : result.error().reason;
}

std::unique_ptr<CurlHttpClient> make_client(test::EventLoop& loop, const HttpOptions& options) {
  return CurlHttpClient::make(loop.io().get_executor(), options, "1.2.3").value();
}

class CurlHttpClientTlsTest : public ::testing::Test {
 protected:
  test::LoopbackServer server;
  test::TlsFront front{server.port()};
  test::EventLoop loop;
  std::unique_ptr<CurlHttpClient> client = make_client(
      loop, {.allow_addresses = {"127.0.0.1"}, .ca_file = front.certificate_file().string()});
};

TEST_F(CurlHttpClientTlsTest, TrustsTheConfiguredAuthority) {
  server.answer("/", "encrypted");

  const auto response = loop.send(*client, {.url = front.url("/"), .bearer_token = "secret"});

  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "encrypted");
  EXPECT_EQ(server.requests().at(0).header("authorization"), "Bearer secret");
}

TEST_F(CurlHttpClientTlsTest, TrustsNobodyElse) {
  const auto wary = make_client(loop, {.allow_addresses = {"127.0.0.1"}});

  const auto response = loop.send(*wary, {.url = front.url("/"), .bearer_token = "secret"});

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(response.error().reason, "tls");
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(CurlHttpClientTlsTest, FollowsNoRedirectOutOfEncryption) {
  server.answer("/", test::redirect_to(server.url("/in-clear")));

  EXPECT_EQ(reason_of(loop.send(*client, {.url = front.url("/")})), "redirects");
  EXPECT_EQ(server.requests_for("/in-clear"), 0U);
}

TEST_F(CurlHttpClientTlsTest, FollowsARedirectIntoEncryptionWithoutTheToken) {
  server.answer("/", test::redirect_to(front.url("/encrypted")));
  server.answer("/encrypted", "end");

  const auto response = loop.send(*client, {.url = server.url("/"), .bearer_token = "secret"});

  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->final_url, front.url("/encrypted"));
  EXPECT_EQ(server.requests().at(1).header("authorization"), "");
}

// A name server that hears and never answers.
class SilentNameServer {
 public:
  SilentNameServer() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(53);
    listening_ = ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~SilentNameServer() { ::close(fd_); }
  SilentNameServer(const SilentNameServer&) = delete;
  SilentNameServer& operator=(const SilentNameServer&) = delete;

  bool listening() const { return listening_; }
  bool was_asked() const {
    char byte = 0;
    return ::recv(fd_, &byte, 1, MSG_DONTWAIT) > 0;
  }

 private:
  int fd_;
  bool listening_ = false;
};

int meet_a_silent_name_server() {
  const SilentNameServer name_server;
  test::EventLoop loop;
  auto client = make_client(loop, {});
  const HttpRequest request{.url = "http://nobody.example/", .timeout = 200ms};
  if (!name_server.listening()) {
    return 1;
  }
  if (reason_of(loop.send(*client, request)) != "timeout" || !name_server.was_asked()) {
    return 2;
  }
  auto cancelled = loop.start(*client, {.url = "http://somebody.example/"});
  loop.turn();
  cancelled.cancel();
  if (reason_of(cancelled.wait()) != "cancelled") {
    return 3;
  }
  auto dropped = loop.start(*client, {.url = "http://anybody.example/"});
  loop.turn();
  client.reset();
  return dropped.done() ? 4 : 0;
}

TEST(CurlHttpClientNetworkTest, IsNotHeldUpByASilentNameServer) {
  const int outcome = test::run_in_own_network(&meet_a_silent_name_server);

  if (outcome == test::kSkipped) {
    GTEST_SKIP() << "no network namespace here";
  }
  EXPECT_EQ(outcome, 0);
}

int fail_to_resolve() {
  test::EventLoop loop;
  const auto client = make_client(loop, {});
  return reason_of(loop.send(*client, {.url = "http://nobody.example/"})) == "dns" ? 0 : 1;
}

TEST(CurlHttpClientNetworkTest, SaysThatANameDoesNotResolve) {
  const int outcome = test::run_in_own_network(&fail_to_resolve);

  if (outcome == test::kSkipped) {
    GTEST_SKIP() << "no network namespace here";
  }
  EXPECT_EQ(outcome, 0);
}

int meet_a_public_server() {
  test::LoopbackServer server("9.9.9.9");
  server.answer("/", "public");
  test::EventLoop loop;
  const auto strict = make_client(loop, {});
  if (loop.send(*strict, {.url = server.url("/")}).value().body != "public") {
    return 1;
  }
  // The connection is there already; the token must not go over it.
  const auto refused = loop.send(*strict, {.url = server.url("/"), .bearer_token = "secret"});
  if (reason_of(refused) != "address" || server.requests().size() != 1) {
    return 2;
  }
  const auto listed = make_client(loop, {.allow_addresses = {"9.9.9.9"}});
  const auto sent = loop.send(*listed, {.url = server.url("/"), .bearer_token = "secret"});
  return sent && server.requests().back().header("authorization") == "Bearer secret" ? 0 : 3;
}

TEST(CurlHttpClientNetworkTest, SendsATokenInClearOnlyToListedAddresses) {
  const int outcome = test::run_in_own_network(&meet_a_public_server);

  if (outcome == test::kSkipped) {
    GTEST_SKIP() << "no network namespace here";
  }
  EXPECT_EQ(outcome, 0);
}

}  // namespace
}  // namespace sightingd
