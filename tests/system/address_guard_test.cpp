#include "tests/system/http.h"
#include "tests/system/installation.h"
#include "tests/system/own_hosts.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace sightingd::test {
namespace {

constexpr const char* kForbidden = "127.0.0.2";  // The configuration allows 127.0.0.1 alone.

/// Waits for a connection that must never come.
class Trap {
 public:
  Trap() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, kForbidden, &address.sin_addr);
    socklen_t size = sizeof address;
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_, name, size), 0);
    EXPECT_EQ(::listen(socket_, 1), 0);
    EXPECT_EQ(::getsockname(socket_, name, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~Trap() { ::close(socket_); }
  Trap(const Trap&) = delete;
  Trap& operator=(const Trap&) = delete;

  std::string url(const std::string& host) const {
    return "http://" + host + ":" + std::to_string(port_) + "/secret.jpg";
  }

  bool was_connected_to() const {
    const int connection = ::accept(socket_, nullptr, nullptr);
    if (connection >= 0) {
      ::close(connection);
    }
    return connection >= 0;
  }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

/// The statuses of the pictures of the post with this URI; empty when there is no such sighting.
std::vector<std::string> picture_states(const Records& records, const std::string& uri) {
  std::vector<std::string> states;
  for (const auto& [id, text] : records) {
    rapidjson::Document record;
    record.Parse(text.data(), text.size());
    if (record["post"]["uri"].GetString() != uri) {
      continue;
    }
    for (const auto& image : record["images"].GetArray()) {
      states.emplace_back(image["status"].GetString());
    }
  }
  return states;
}

std::string redirected(const LoopbackMastodon& server, const std::string& target) {
  return server.url("/_redirect?to=" + url_encoded(target));
}

TEST(AddressGuardTest, NeverConnectsToAPrivateAddressOfAPicture) {
  const Trap trap;
  const LoopbackMastodon server({"--posts=10", "--posts-with-photo=10"});
  const auto uri =
      server.post({trap.url(kForbidden), redirected(server, trap.url(kForbidden)),
                   "http://10.0.0.1/1.jpg", redirected(server, "http://10.0.0.1/1.jpg"),
                   "http://[::ffff:127.0.0.2]/1.jpg", "http://0x7f000002/1.jpg"});
  const Installation installation(server.url());

  const auto once = installation.once();
  FeedConsumer consumer;
  installation.catch_up(consumer);

  EXPECT_EQ(once.status, 75) << once.err;
  EXPECT_EQ(picture_states(consumer.records(), uri), std::vector<std::string>(6, "pending"));
  EXPECT_FALSE(trap.was_connected_to());
  EXPECT_EQ(consumer.records().size(), 11U);
}

TEST(AddressGuardTest, NeverConnectsToANameOfAPrivateAddress) {
  const TemporaryDirectory directory;
  const auto hosts = (directory.path() / "hosts").string();
  std::ofstream(hosts) << "127.0.0.2 inward.example\n10.0.0.1 private.example\n";
  const auto with_hosts = [&hosts] { use_hosts(hosts.c_str()); };
  if (Process({"/bin/true"}, with_hosts).wait(std::chrono::seconds(10)) != 0) {
    GTEST_SKIP() << "cannot give a process its own /etc/hosts here";
  }
  const Trap trap;
  const LoopbackMastodon server({"--posts=10", "--posts-with-photo=10"});
  const auto uri =
      server.post({trap.url("inward.example"), redirected(server, trap.url("inward.example")),
                   "http://private.example/1.jpg"});
  const Installation installation(server.url());

  Process once({program("sightingd"), "--config", installation.config(), "--once"}, with_hosts);
  const auto status = once.wait(std::chrono::minutes(2));
  FeedConsumer consumer;
  installation.catch_up(consumer);

  EXPECT_EQ(status, 75) << once.err();
  EXPECT_EQ(picture_states(consumer.records(), uri), std::vector<std::string>(3, "pending"));
  EXPECT_FALSE(trap.was_connected_to());
}

TEST(AddressGuardTest, CountsWhatItRefused) {
  const Trap trap;
  const LoopbackMastodon server({"--posts=10", "--posts-with-photo=0"});
  server.post({trap.url(kForbidden)});
  const Installation installation(server.url());
  const auto daemon = installation.start();

  const bool counted = eventually(std::chrono::seconds(30), [&installation] {
    const auto metrics = installation.ctl({"metrics"});
    return metrics.out.find("code=\"address\"") != std::string::npos;
  });

  EXPECT_TRUE(counted) << installation.ctl({"metrics"}).out;
  EXPECT_FALSE(trap.was_connected_to());
}

}  // namespace
}  // namespace sightingd::test
