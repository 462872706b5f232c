// Who may do what, asked over a real socket by real users: only root can be several.
#include "daemon/control/access.h"
#include "tests/daemon/control/control_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grp.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace sightingd {
namespace {

using test::RawHttp;
using test::RawReply;
using testing::HasSubstr;

constexpr uid_t kStranger = 54321;
// A group that every Debian has, and that is not the daemon's own.
constexpr const char* kOperatorGroup = "daemon";

/// Somebody else than the user of this process.
struct User {
  gid_t gid = kStranger;
  std::vector<gid_t> groups = {};
};

/// Lets `work` run as `user`. The C library would change all threads; the kernel changes one, and
/// only until it ends.
void run_as(const User& user, const std::function<void()>& work) {
  std::thread([&] {
    ASSERT_EQ(syscall(SYS_setgroups, user.groups.size(), user.groups.data()), 0);
    ASSERT_EQ(syscall(SYS_setresgid, user.gid, user.gid, user.gid), 0);
    ASSERT_EQ(syscall(SYS_setresuid, kStranger, kStranger, kStranger), 0);
    work();
  }).join();
}

struct Row {
  const char* method;
  const char* target;
};

constexpr Row kReads[] = {
    {"GET", "/v1/status"},
    {"GET", "/v1/metrics"},
    {"GET", "/v1/feed"},
    {"GET", "/v1/sightings/sg_aaaaaaaaaaaaaaaaaaaaaaaaaa"},
    {"GET", "/v1/photos/ph_aaaaaaaaaaaaaaaaaaaaaaaaaa"},
    {"GET", "/v1/similar"},
    {"POST", "/v1/similar"},
    {"GET", "/v1/coverage"},
    {"GET", "/v1/skipped"},
    {"GET", "/v1/watches"},
    {"GET", "/v1/no-such-route"},
};
constexpr Row kChanges[] = {
    {"POST", "/v1/watches/watch/pause"},
    {"POST", "/v1/watches/watch/resume"},
    {"POST", "/v1/erase"},
    {"POST", "/v1/erase-like"},
    {"GET", "/v1/refusals"},
    {"POST", "/v1/refusals/1/remove"},
    {"GET", "/v1/holds"},
    {"POST", "/v1/holds/sg_"},
    {"POST", "/v1/reload"},
};

class ControlAccessTest : public test::ControlFixture {
 protected:
  void SetUp() override {
    if (geteuid() != 0) {
      GTEST_SKIP() << "only root can be another user";
    }
    // Where the groups exist the kernel keeps strangers out before the daemon does.
    other.socket = directory.path() / "open.sock";
    other.operators = {kOperatorGroup};
    loop.run([this] { open = ControlServer::listen(loop.loop, other, parts()).value(); });
    ASSERT_EQ(chmod(directory.path().c_str(), 0755), 0);
    ASSERT_EQ(chmod(other.socket.c_str(), 0666), 0);
  }
  void TearDown() override {
    if (open) {
      loop.await(open->stop());
    }
  }

  RawReply ask_as(const User& user, const Row& row) {
    RawReply reply;
    run_as(user, [&] { reply = RawHttp::over_unix(other.socket).ask(row.method, row.target); });
    return reply;
  }

  ControlOptions other;
  std::unique_ptr<ControlServer> open;
};

TEST_F(ControlAccessTest, RefusesAStrangerEveryRoute) {
  for (const Row& row : kReads) {
    const RawReply reply = ask_as({}, row);
    EXPECT_EQ(reply.status, 403) << row.target;
    EXPECT_THAT(reply.body, HasSubstr("\"code\":\"forbidden\"")) << row.target;
  }
  for (const Row& row : kChanges) {
    EXPECT_EQ(ask_as({}, row).status, 403) << row.target;
  }
}

TEST_F(ControlAccessTest, LetsAnOperatorTakeEveryRoute) {
  const gid_t operators = *find_group(kOperatorGroup);
  for (const User& user : {User{.gid = operators}, User{.groups = {4, operators}}}) {
    for (const Row& row : kReads) {
      EXPECT_NE(ask_as(user, row).status, 403) << row.target;
    }
    for (const Row& row : kChanges) {
      EXPECT_NE(ask_as(user, row).status, 403) << row.target;
    }
  }
}

TEST_F(ControlAccessTest, LetsNobodyConnectWhoseGroupIsMissing) {
  const User user{.gid = 1};
  bool connects = true;
  run_as(user, [&] {
    try {
      RawHttp::over_unix(settings.control.socket);
    } catch (const std::runtime_error&) {
      connects = false;
    }
  });

  EXPECT_FALSE(connects);
}

TEST_F(ControlAccessTest, KeepsAPlaceForAnOperatorWhenStrangersTookTheirs) {
  std::vector<RawHttp> held;
  run_as({}, [&] {
    for (int i = 0; i < 40; ++i) {
      held.push_back(RawHttp::over_unix(other.socket));
    }
  });

  EXPECT_EQ(RawHttp::over_unix(other.socket).ask("GET", "/v1/watches").status, 200);
}

}  // namespace
}  // namespace sightingd
