// More than there is room for.
#include "tests/system/http.h"
#include "tests/system/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace sightingd::test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::IsEmpty;

std::vector<WatchText> watches_of(int count) {
  std::vector<WatchText> watches;
  for (int i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    watches.push_back({.name = "tag-" + number, .subject = "hashtag = \"finddemo" + number + "\""});
  }
  return watches;
}

/// A client that connects and says nothing. It may be sent away.
class SilentClient {
 public:
  explicit SilentClient(const std::filesystem::path& path)
      : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof(address.sun_path) - 1);
    static_cast<void>(
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)));
  }
  ~SilentClient() { ::close(socket_); }
  SilentClient(const SilentClient&) = delete;
  SilentClient& operator=(const SilentClient&) = delete;

 private:
  const int socket_;
};

Records all_of(const Installation& installation) {
  FeedConsumer reader;
  installation.catch_up(reader);
  return reader.records();
}

TEST(OverloadTest, AThousandWatchesOfOneServerAreAllReadToTheirHeads) {
  const LoopbackMastodon server{{"--posts=5000", "--posts-with-photo=500", "--photo-width=64",
                                 "--photo-height=48", "--tags=1000"}};
  const Installation installation{server.url(), watches_of(1000)};

  ASSERT_TRUE(installation.complete());

  EXPECT_THAT(differences(truth_of(all_of(installation)), server.posts_with_pictures()), IsEmpty());
}

TEST(OverloadTest, NothingIsLostWhenTheDescriptorsAreUsedUp) {
  const LoopbackMastodon server{{"--posts=600", "--posts-with-photo=300", "--photo-width=64",
                                 "--photo-height=48", "--tags=20"}};
  const Installation installation{server.url(), watches_of(20)};
  // From too few to begin with up to nearly enough: it ends or goes on, as it can.
  int began = 0;
  for (const int descriptors : {40, 60, 70, 80, 90, 100}) {
    const auto finished = run(
        {"/bin/sh", "-c", "ulimit -n " + std::to_string(descriptors) + "; exec \"$@\"", "sh",
         program("sightingd"), "--config", installation.config(), "--once", "--once-wait", "5s"},
        minutes(4));
    EXPECT_GE(finished.status, 0) << "a signal ended it with " << descriptors << " descriptors:\n"
                                  << finished.err;
    began += finished.status == 0 || finished.status == 75 ? 1 : 0;
  }
  EXPECT_GT(began, 0);

  ASSERT_TRUE(installation.complete());

  EXPECT_THAT(differences(truth_of(all_of(installation)), server.posts_with_pictures()), IsEmpty());
  EXPECT_EQ(installation.ctl({"audit", "--verify"}).status, 0);
  EXPECT_EQ(installation.ctl({"check-store"}).status, 0);
}

// What comes in through the socket takes descriptors, too: a reader too many is turned away, and
// the daemon reads on.
TEST(OverloadTest, ReadersThatOnlyConnectKeepNobodyFromReadingNorIngestFromGoingOn) {
  const LoopbackMastodon server{
      {"--posts=100", "--posts-with-photo=50", "--photo-width=64", "--photo-height=48"}};
  const Installation installation{server.url()};
  const auto daemon = installation.start();
  ASSERT_TRUE(eventually(seconds(20), [&] { return installation.answers(); }));
  std::vector<std::unique_ptr<SilentClient>> silent;
  for (int i = 0; i < 200; ++i) {
    silent.push_back(std::make_unique<SilentClient>(installation.socket()));
  }

  EXPECT_TRUE(eventually(seconds(60), [&] { return all_of(installation).size() == 50; }));

  daemon->signal(SIGTERM);
  EXPECT_EQ(daemon->wait(seconds(20)), 0) << daemon->err();
}

}  // namespace
}  // namespace sightingd::test
