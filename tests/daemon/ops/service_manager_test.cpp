#include "daemon/ops/service_manager.h"

#include "tests/support/notify_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace sightingd {
namespace {

using std::chrono::milliseconds;

/// What systemd gives a service of Type=notify.
class ServiceManagerTest : public testing::Test {
 protected:
  ServiceManagerTest() { setenv("NOTIFY_SOCKET", socket.path().c_str(), 1); }
  ~ServiceManagerTest() override {
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
  }

  test::NotifySocket socket;
  const ServiceManager service{};
};

TEST_F(ServiceManagerTest, TellsEachStateInTheWordsOfSystemd) {
  service.ready();
  EXPECT_EQ(socket.next(), "READY=1");
  service.stopping();
  EXPECT_EQ(socket.next(), "STOPPING=1");
  service.beat();
  EXPECT_EQ(socket.next(), "WATCHDOG=1");
  service.status("3 watches");
  EXPECT_EQ(socket.next(), "STATUS=3 watches");
}

TEST_F(ServiceManagerTest, SaysSinceWhenItReloads) {
  service.reloading();

  EXPECT_THAT(socket.next(), testing::MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
}

TEST_F(ServiceManagerTest, SaysNothingOutsideAUnit) {
  unsetenv("NOTIFY_SOCKET");

  service.ready();

  EXPECT_EQ(socket.next(milliseconds(0)), "");
}

TEST_F(ServiceManagerTest, KnowsHowOftenABeatIsExpected) {
  EXPECT_EQ(service.watchdog_interval(), std::nullopt);

  setenv("WATCHDOG_USEC", "120000000", 1);

  EXPECT_EQ(service.watchdog_interval(), std::chrono::minutes(2));
}

TEST_F(ServiceManagerTest, LeavesTheBeatsToTheProcessTheyAreExpectedOf) {
  setenv("WATCHDOG_USEC", "120000000", 1);
  setenv("WATCHDOG_PID", "1", 1);

  EXPECT_EQ(service.watchdog_interval(), std::nullopt);
}

}  // namespace
}  // namespace sightingd
