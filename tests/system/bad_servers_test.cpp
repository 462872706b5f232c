// Sources that are slow, broken or lie, and a crowd at the metrics address: the others are read as
// if they were alone.
#include "tests/support/loopback_server.h"
#include "tests/support/tls_front.h"
#include "tests/system/closed_port.h"
#include "tests/system/http.h"
#include "tests/system/installation.h"
#include "tests/system/own_hosts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sightingd::test {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Records all_of(const Installation& installation) {
  FeedConsumer reader;
  installation.catch_up(reader);
  return reader.records();
}

bool has_all(const Installation& installation, const LoopbackMastodon& server) {
  return differences(truth_of(all_of(installation)), server.posts_with_pictures()).empty();
}

/// A source beside the one of the installation, with so many watches.
std::string bad_source(const std::string& url, int watches = 1) {
  std::string text = "[[source]]\nname = \"bad\"\nkind = \"mastodon\"\nurl = \"" + url +
                     "\"\nrequest_limit = \"none\"\n";
  for (int i = 0; i < watches; ++i) {
    text += "[[watch]]\nname = \"bad-" + std::to_string(i) +
            "\"\nsource = \"bad\"\nhashtag = \"bad" + std::to_string(i) +
            "\"\npoll_interval = \"15s\"\n";
  }
  return text;
}

void change_config(const Installation& installation, const std::string& what,
                   const std::string& to) {
  std::ifstream in(installation.config());
  std::string text(std::istreambuf_iterator<char>(in), {});
  const auto at = text.find(what);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, what.size(), to);
  std::ofstream(installation.config()) << text;
}

void expect_to_end(Process& daemon) {
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.wait(seconds(20)), 0) << daemon.err();
}

class BadServerTest : public ::testing::TestWithParam<Fault> {
 protected:
  LoopbackMastodon good{
      {"--posts=100", "--posts-with-photo=50", "--photo-width=64", "--photo-height=48"}};
  LoopbackServer bad;
};

TEST_P(BadServerTest, KeepsNoOtherSourceFromBeingReadAndTheDaemonFromEnding) {
  const LoopbackAnswer answer{.body = std::string(1 << 20, ' '), .fault = GetParam()};
  bad.answer_others([&](const LoopbackRequest&) { return answer; });
  const Installation installation(good.url(), {{}}, bad_source(bad.origin(), 50));
  const auto daemon = installation.start();

  EXPECT_TRUE(eventually(seconds(60), [&] {
    return installation.answers() && has_all(installation, good) && !bad.requests().empty();
  })) << daemon->err();

  EXPECT_LE(bad.most_at_once(), 4U) << "connections to one host";
  expect_to_end(*daemon);
}

class BadPictureServerTest : public BadServerTest {};

TEST_P(BadPictureServerTest, LeavesThemPendingAndTheirPostsThere) {
  const LoopbackAnswer answer{.body = std::string(1 << 20, ' '), .fault = GetParam()};
  bad.answer_others([&](const LoopbackRequest&) { return answer; });
  const Installation installation(good.url());
  ASSERT_TRUE(installation.complete());
  const std::size_t before = all_of(installation).size();
  const std::string uri = good.post({bad.url("/1.jpg"), bad.url("/2.jpg")});
  const auto daemon = installation.start();

  const auto has_it = [&] {
    const Records records = all_of(installation);
    return records.size() == before + 1 && std::ranges::any_of(records, [&](const auto& record) {
             return record.second.find(uri) != std::string::npos &&
                    record.second.find("\"pending\"") != std::string::npos;
           });
  };
  EXPECT_TRUE(eventually(seconds(120), [&] { return installation.answers() && has_it(); }))
      << daemon->err();

  expect_to_end(*daemon);
}

std::string fault_name(const ::testing::TestParamInfo<Fault>& tested) {
  switch (tested.param) {
    case Fault::Silence:
      return "Silence";
    case Fault::Empty:
      return "Empty";
    case Fault::Reset:
      return "Reset";
    case Fault::Truncate:
      return "Truncate";
    case Fault::SlowDrip:
      return "SlowDrip";
    case Fault::Garbage:
      return "Garbage";
    case Fault::None:
      break;
  }
  return "None";
}

INSTANTIATE_TEST_SUITE_P(Faults, BadServerTest,
                         ::testing::Values(Fault::Silence, Fault::Empty, Fault::Reset,
                                           Fault::Truncate, Fault::SlowDrip, Fault::Garbage),
                         fault_name);

// Whoever never ends a body is waited for as long as a request may take.
INSTANTIATE_TEST_SUITE_P(Faults, BadPictureServerTest,
                         ::testing::Values(Fault::Truncate, Fault::SlowDrip), fault_name);

class UntrustedServerTest : public ::testing::Test {
 protected:
  static std::uint16_t port_of(const LoopbackMastodon& server) {
    const std::string url = server.url();
    return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  }

  LoopbackMastodon good{
      {"--posts=100", "--posts-with-photo=50", "--photo-width=64", "--photo-height=48"}};
};

TEST_F(UntrustedServerTest, IsNotReadUntilItsAuthorityIsTrusted) {
  const TlsFront front(port_of(good));
  const Installation installation(front.origin());

  const auto refused =
      run({program("sightingd"), "--config", installation.config(), "--once", "--once-wait", "5s"});

  EXPECT_EQ(refused.status, 75);
  EXPECT_THAT(refused.err, HasSubstr("tls"));
  EXPECT_THAT(all_of(installation), IsEmpty());
  EXPECT_EQ(good.requests(), 0U);

  change_config(installation, "[http]\n",
                "[http]\nca_file = \"" + front.certificate_file().string() + "\"\n");
  ASSERT_TRUE(installation.complete());
  EXPECT_TRUE(has_all(installation, good));
}

TEST_F(UntrustedServerTest, WhoseNameHasBecomeThatOfAPrivateAddressIsNotAsked) {
  const TemporaryDirectory directory;
  const auto hosts = (directory.path() / "hosts").string();
  std::ofstream(hosts) << "127.0.0.2 mastodon.example\n";
  const auto with_hosts = [&hosts] { use_hosts(hosts.c_str()); };
  if (Process({"/bin/true"}, with_hosts).wait(seconds(10)) != 0) {
    GTEST_SKIP() << "cannot give a process its own /etc/hosts here";
  }
  const LoopbackServer inward("127.0.0.2");
  const Installation installation(
      good.url(), {{}}, bad_source("https://mastodon.example:" + std::to_string(inward.port())));
  Process daemon({program("sightingd"), "--config", installation.config()}, with_hosts);

  EXPECT_TRUE(eventually(seconds(60), [&] {
    return installation.answers() && has_all(installation, good) &&
           installation.ctl({"metrics"}).out.find("code=\"address\"") != std::string::npos;
  })) << daemon.err();

  EXPECT_EQ(inward.connections(), 0U);
  expect_to_end(daemon);
}

TEST(FloodTest, OfOnePosterTakesItsShareAndIsCountedAsMore) {
  const LoopbackMastodon server({"--posts=400", "--posts-with-photo=400", "--photo-width=64",
                                 "--photo-height=48", "--authors=1", "--span=600"});
  const Installation installation(server.url(), {{}}, "[limits]\nper_author = \"30/d\"\n");

  ASSERT_TRUE(installation.complete());

  // They may lie on both sides of midnight.
  const std::size_t taken = all_of(installation).size();
  EXPECT_TRUE(taken == 30 || taken == 60) << taken;
  EXPECT_THAT(installation.ctl({"skipped"}).out, HasSubstr(std::to_string(400 - taken)));
  EXPECT_THAT(installation.ctl({"coverage"}).out, HasSubstr("flood"));
}

/// A connection to the metrics address.
class Connection {
 public:
  explicit Connection(std::uint16_t port)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    static_cast<void>(
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)));
  }
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// As much of it as is taken.
  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        return;
      }
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

 private:
  const int socket_;
};

TEST(MetricsAddressTest, SurvivesGarbageAndShowsNothingPersonal) {
  const LoopbackMastodon server(
      {"--posts=60", "--posts-with-photo=30", "--photo-width=64", "--photo-height=48"});
  const Installation installation(server.url());
  std::optional<ClosedPort> held(std::in_place);
  const std::string address = held->address();
  const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
  change_config(installation, "[metrics]\nlisten = \"\"",
                "[metrics]\nlisten = \"" + address + "\"");
  held.reset();
  const auto daemon = installation.start();
  ASSERT_TRUE(eventually(seconds(20), [&] { return installation.answers(); })) << daemon->err();

  std::vector<std::unique_ptr<Connection>> open;
  const auto connect = [&]() -> const Connection& {
    return *open.emplace_back(std::make_unique<Connection>(port));
  };
  for (int i = 0; i < 100; ++i) {
    connect().send("GET /metrics HTT");  // And then nothing.
    connect();                           // Not even that.
  }
  for (int i = 0; i < 20; ++i) {
    connect().send("GET /metrics HTTP/1.1\r\nX: " + std::string(1 << 20, 'x') + "\r\n\r\n");
    connect().send(std::string(1 << 16, '\xff'));
    connect().send(std::string(1 << 16, '\0'));
    connect().send("GET /" + std::string(1 << 20, 'a') + " HTTP/1.1\r\n\r\n");
    connect().send(
        "POST /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n");
    connect().send("POST /metrics HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\nx");
    std::string pipeline;
    for (int k = 0; k < 1000; ++k) {
      pipeline += "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    }
    connect().send(pipeline);
  }

  // It goes on beside all of them.
  EXPECT_TRUE(eventually(seconds(60), [&] { return has_all(installation, server); }));
  open.clear();
  std::string metrics;
  EXPECT_TRUE(eventually(seconds(30), [&] {
    try {
      metrics = http_get("http://" + address + "/metrics");
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }));
  EXPECT_THAT(metrics, HasSubstr("sightingd_stored_sightings 30\n"));
  const std::string page = http_get("http://" + address + "/");
  for (const auto& [id, record] : all_of(installation)) {
    EXPECT_THAT(metrics + page, Not(HasSubstr(id)));
  }
  for (const auto& [uri, post] : server.posts_with_pictures()) {
    EXPECT_THAT(metrics + page, Not(HasSubstr(uri)));
  }
  expect_to_end(*daemon);
}

}  // namespace
}  // namespace sightingd::test
