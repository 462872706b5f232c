#include "daemon/http/http_server.h"

#include "tests/daemon/http/loop_thread.h"
#include "tests/daemon/http/raw_http.h"
#include "tests/support/temporary_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>
#include <limits>

namespace sightingd {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;

class Count final : public AnswerStream {
 public:
  explicit Count(int parts, bool fails = false) : parts_(parts), fails_(fails) {}

  asio::awaitable<Result<bool>> next(std::string& part) override {
    if (parts_ == 0 && fails_) {
      co_return Error{ErrorCode::Storage, "gone"};
    }
    part = std::to_string(parts_);
    co_return parts_-- > 0;
  }

 private:
  int parts_;
  bool fails_;
};

/// Says back what it was asked.
class Echo final : public HttpService {
 public:
  std::optional<Answer> refusal(const InboundRequest& head) const override {
    if (head.target.segments == std::vector<std::string>{"forbidden"}) {
      return error_answer(403, "forbidden", "No.");
    }
    return std::nullopt;
  }

  bool is_trusted(const Peer&) const override { return trusts; }

  std::size_t max_body_bytes(std::string_view, const Target& target) const override {
    return target.segments == std::vector<std::string>{"large"} ? 1 << 20 : 16;
  }

  asio::awaitable<Answer> answer(InboundRequest request) override {
    peer = request.peer;
    const std::string path = request.target.segments.empty() ? "" : request.target.segments[0];
    Answer answer;
    if (path == "never") {
      asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
      co_await timer.async_wait(asio::use_awaitable);
    }
    if (path == "stream" || path == "broken") {
      answer.stream = std::make_unique<Count>(3, path == "broken");
    }
    if (path == "endless") {
      answer.stream = std::make_unique<Count>(std::numeric_limits<int>::max());
    }
    answer.body = request.method + " " + path + " " + request.body;
    if (path == "huge") {
      answer.body = std::string(kHuge, 'a');
    }
    co_return answer;
  }

  // More than the buffers of two sockets hold.
  static constexpr std::size_t kHuge = 32 << 20;

  std::optional<Peer> peer;
  bool trusts = false;
};

class HttpServerTest : public testing::Test {
 protected:
  void start(HttpServerOptions options = {}) {
    loop.run([&] {
      server = std::make_unique<HttpServer>(loop.loop, echo, options);
      port = server->listen_tcp("127.0.0.1:0").value();
    });
  }
  void TearDown() override {
    if (server) {
      loop.await(server->stop());
    }
  }
  test::RawHttp client() const { return test::RawHttp::over_tcp(port); }

  /// Listens on a Unix socket too.
  void listen_at(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    ASSERT_EQ(::listen(listener, 16), 0);
    loop.run([&] { ASSERT_TRUE(server->accept_unix(listener)); });
  }
  void trust(bool trusts) {
    loop.run([&] { echo.trusts = trusts; });
  }
  /// A connection that has a request in hand until the server stops.
  static void keep_busy(test::RawHttp& http) {
    http.write("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_NE(http.head(), "");
  }

  Echo echo;
  test::LoopThread loop;
  std::unique_ptr<HttpServer> server;
  std::uint16_t port = 0;
};

TEST_F(HttpServerTest, AnswersSeveralRequestsOnOneConnection) {
  start();
  test::RawHttp http = client();

  EXPECT_EQ(http.ask("GET", "/first").body, "GET first ");
  EXPECT_EQ(http.ask("POST", "/second", "body").body, "POST second body");
}

TEST_F(HttpServerTest, ForbidsKeepingAndGuessing) {
  start();

  const std::string head = client().ask("GET", "/").head;

  EXPECT_THAT(head, HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Security-Policy: default-src 'none'\r\n"));
  EXPECT_THAT(head, testing::Not(HasSubstr("Access-Control")));
}

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
  start();
  test::RawHttp http = client();

  const test::RawReply head = http.ask("HEAD", "/x");

  EXPECT_THAT(head.head, HasSubstr("Content-Length: 6\r\n"));
  EXPECT_EQ(http.ask("GET", "/next").body, "GET next ");
}

TEST_F(HttpServerTest, RefusesABodyThatIsTooLargeBeforeItComes) {
  start();
  test::RawHttp http = client();
  http.write("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 17\r\n\r\n");

  EXPECT_EQ(http.reply().status, 413);
  EXPECT_TRUE(http.is_closed());
}

TEST_F(HttpServerTest, RefusesAChunkedBodyThatGrowsTooLarge) {
  start();
  test::RawHttp http = client();
  http.write(
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "40\r\n" +
      std::string(64, 'a') + "\r\n0\r\n\r\n");

  EXPECT_EQ(http.reply().status, 413);
}

TEST_F(HttpServerTest, HoldsOnlyAFewLargeBodiesAtATime) {
  HttpServerOptions options;
  options.max_large_bodies = 1;
  start(options);
  test::RawHttp first = client();
  first.write(
      "POST /large HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
      "Content-Length: 100000\r\n\r\n");
  ASSERT_EQ(first.reply(true).status, 100);

  EXPECT_EQ(client().ask("POST", "/large", std::string(100'000, 'a')).status, 503);

  first.write(std::string(100'000, 'a'));
  EXPECT_EQ(first.reply().body.size(), std::string("POST large ").size() + 100'000);
}

TEST_F(HttpServerTest, AnswersWhatIsNoHttpWithAnError) {
  start();
  test::RawHttp http = client();
  http.write("hello?\r\n\r\n");

  EXPECT_EQ(http.reply().status, 400);
  EXPECT_TRUE(http.is_closed());
}

TEST_F(HttpServerTest, RefusesATargetThatCannotBeUnderstood) {
  start();

  EXPECT_EQ(client().ask("GET", "/%zz").status, 400);
}

TEST_F(HttpServerTest, StreamsUntilTheEnd) {
  start();
  test::RawHttp http = client();

  const test::RawReply reply = http.ask("GET", "/stream");

  EXPECT_EQ(reply.body, "321");
  EXPECT_TRUE(reply.whole);
  EXPECT_EQ(http.ask("GET", "/next").body, "GET next ");
}

TEST_F(HttpServerTest, CutsAStreamThatFails) {
  start();

  const test::RawReply reply = client().ask("GET", "/broken");

  EXPECT_EQ(reply.body, "321");
  EXPECT_FALSE(reply.whole);
}

TEST_F(HttpServerTest, GivesUpAnAnswerThatTakesTooLong) {
  HttpServerOptions options;
  options.answer = std::chrono::milliseconds(1);
  start(options);

  const test::RawReply reply = client().ask("GET", "/never");

  EXPECT_EQ(reply.status, 503);
  EXPECT_THAT(reply.body, HasSubstr("\"code\":\"timeout\""));
}

TEST_F(HttpServerTest, ClosesAConnectionThatSendsNothing) {
  HttpServerOptions options;
  options.idle = std::chrono::milliseconds(1);
  start(options);

  EXPECT_TRUE(client().is_closed());
}

TEST_F(HttpServerTest, ClosesConnectionsBeyondTheLimit) {
  HttpServerOptions options;
  options.max_connections = 1;
  start(options);
  test::RawHttp first = client();
  keep_busy(first);

  EXPECT_TRUE(client().is_closed());
}

TEST_F(HttpServerTest, GivesThePlaceOfTheLongestIdleConnectionAway) {
  HttpServerOptions options;
  options.max_connections = 2;
  start(options);
  test::RawHttp first = client();
  ASSERT_EQ(first.ask("GET", "/x").status, 200);
  test::RawHttp second = client();
  ASSERT_EQ(second.ask("GET", "/x").status, 200);

  EXPECT_EQ(client().ask("GET", "/x").status, 200);

  EXPECT_TRUE(first.is_closed());
  EXPECT_EQ(second.ask("GET", "/x").status, 200);
}

TEST_F(HttpServerTest, LetsOneUserTakeOnlySomeOfThePlaces) {
  HttpServerOptions options;
  options.max_per_user = 1;
  start(options);
  const test::TemporaryDirectory directory;
  listen_at(directory.path() / "socket");
  test::RawHttp first = test::RawHttp::over_unix(directory.path() / "socket");
  keep_busy(first);

  EXPECT_TRUE(test::RawHttp::over_unix(directory.path() / "socket").is_closed());
  EXPECT_EQ(client().ask("GET", "/x").status, 200);
}

TEST_F(HttpServerTest, KeepsPlacesForThoseItTrusts) {
  HttpServerOptions options;
  options.max_connections = 2;
  options.kept_for_trusted = 1;
  start(options);
  const test::TemporaryDirectory directory;
  listen_at(directory.path() / "socket");
  test::RawHttp first = test::RawHttp::over_unix(directory.path() / "socket");
  keep_busy(first);
  ASSERT_TRUE(test::RawHttp::over_unix(directory.path() / "socket").is_closed());

  trust(true);

  EXPECT_EQ(test::RawHttp::over_unix(directory.path() / "socket").ask("GET", "/x").status, 200);
}

TEST_F(HttpServerTest, SendsOnlySomeStreamsAtATime) {
  HttpServerOptions options;
  options.max_streams = 1;
  start(options);
  test::RawHttp first = client();
  keep_busy(first);

  const test::RawReply second = client().ask("GET", "/stream");

  EXPECT_EQ(second.status, 503);
  EXPECT_THAT(second.body, HasSubstr("\"code\":\"busy\""));
  EXPECT_EQ(client().ask("GET", "/x").status, 200);
}

TEST_F(HttpServerTest, SendsAStreamToThoseItTrustsThoughOthersHaveAll) {
  HttpServerOptions options;
  options.max_streams = 1;
  start(options);
  const test::TemporaryDirectory directory;
  listen_at(directory.path() / "socket");
  test::RawHttp first = client();
  keep_busy(first);
  trust(true);
  test::RawHttp trusted = test::RawHttp::over_unix(directory.path() / "socket");

  trusted.write("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");

  EXPECT_THAT(trusted.head(), HasSubstr("200 OK"));
}

TEST_F(HttpServerTest, HoldsOnlySoMuchOfLargeAnswers) {
  HttpServerOptions options;
  options.max_answer_bytes = Echo::kHuge;
  start(options);
  test::RawHttp stuck = client();
  stuck.write("GET /huge HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_NE(stuck.head(), "");

  test::RawHttp other = client();

  EXPECT_EQ(other.ask("GET", "/huge").status, 503);
  EXPECT_EQ(other.ask("GET", "/x").status, 200);
}

TEST_F(HttpServerTest, SendsALargeAnswerWhenThereIsNoOther) {
  HttpServerOptions options;
  options.max_answer_bytes = 1;
  start(options);
  test::RawHttp http = client();

  EXPECT_EQ(http.ask("GET", "/huge").body.size(), Echo::kHuge);
  EXPECT_EQ(http.ask("GET", "/huge").body.size(), Echo::kHuge);
}

TEST_F(HttpServerTest, RefusesWhatMayNotBeAskedBeforeItsBodyComes) {
  start();
  test::RawHttp http = client();
  http.write("POST /forbidden HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");

  EXPECT_EQ(http.reply().status, 403);
  EXPECT_TRUE(http.is_closed());
}

TEST_F(HttpServerTest, LetsAClientFinishTheBodyThatItRefused) {
  start();
  test::RawHttp http = client();

  EXPECT_EQ(http.ask("POST", "/forbidden", std::string(500'000, 'a')).status, 403);
}

TEST_F(HttpServerTest, GoesOnAfterARefusalWithoutABody) {
  start();
  test::RawHttp http = client();

  EXPECT_EQ(http.ask("GET", "/forbidden").status, 403);
  EXPECT_EQ(http.ask("GET", "/x").status, 200);
}

TEST_F(HttpServerTest, StopsAtOnceWhenConnectionsAreIdle) {
  start();
  test::RawHttp http = client();
  ASSERT_EQ(http.ask("GET", "/x").status, 200);

  loop.await(server->stop());

  EXPECT_TRUE(http.is_closed());
}

TEST_F(HttpServerTest, CutsWhatDoesNotEndWhenItStops) {
  HttpServerOptions options;
  options.stop = std::chrono::milliseconds(1);
  start(options);
  test::RawHttp http = client();
  http.write("GET /never HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_EQ(client().ask("GET", "/x").status, 200);

  loop.await(server->stop());

  EXPECT_TRUE(http.is_closed());
}

TEST_F(HttpServerTest, SaysThatAnAddressIsTaken) {
  start();
  HttpServer second(loop.loop, echo);

  const auto result = second.listen_tcp("127.0.0.1:" + std::to_string(port));

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, "taken");
}

TEST_F(HttpServerTest, RefusesWhatIsNoAddress) {
  HttpServer other(loop.loop, echo);

  for (const char* text : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
                           "localhost:80", "::1:80", "[127.0.0.1]:80", "[::1]"}) {
    const auto result = other.listen_tcp(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code, ErrorCode::Malformed) << text;
  }
}

TEST_F(HttpServerTest, KnowsWhoIsAtTheOtherEndOfAUnixSocket) {
  start();
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  loop.run([&] { ASSERT_TRUE(server->serve_unix(ends[1])); });

  test::RawHttp(ends[0]).ask("GET", "/x");

  ASSERT_TRUE(echo.peer);
  EXPECT_EQ(echo.peer->uid, geteuid());
  EXPECT_EQ(echo.peer->gid, getegid());
}

TEST_F(HttpServerTest, FinishesWhenAnAdoptedConnectionIsClosed) {
  std::unique_ptr<HttpServer> adopting;
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  loop.run([&] {
    adopting = std::make_unique<HttpServer>(loop.loop, echo);
    ASSERT_TRUE(adopting->serve_unix(ends[1]));
  });
  close(ends[0]);

  loop.await(adopting->finished());
}

}  // namespace
}  // namespace sightingd
