// A clock that jumps.
#include "tests/system/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <time.h>

#include <csignal>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <string>

namespace sightingd::test {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kYear = std::int64_t{365} * 86'400;

/// The wall clock of a daemon, which runs sixty times as fast as the others and can be set.
class SetClock {
 public:
  explicit SetClock(std::filesystem::path file) : file_(std::move(file)) {
    std::ofstream(file_, std::ios::binary) << std::string(sizeof(std::int64_t), '\0');
  }
  /// Seconds by which it goes wrong.
  void set(std::int64_t by) const {
    std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
    file.write(reinterpret_cast<const char*>(&by), sizeof(by));
  }
  std::vector<std::string> environment() const {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const std::int64_t origin = now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
    return {"LD_PRELOAD=" + test_program("fast_clock.so").string(),
            "ASAN_OPTIONS=verify_asan_link_order=0",
            "FAST_CLOCK_SPEED=60",
            "FAST_CLOCK_ORIGIN=" + std::to_string(origin),
            "FAST_CLOCK_START=" + std::to_string(std::time(nullptr)),
            "FAST_CLOCK_OFFSET=" + file_.string()};
  }

 private:
  std::filesystem::path file_;
};

TEST(ClockTest, AJumpOfAYearAheadAndBackErasesNothingAndIsTold) {
  const LoopbackMastodon server(
      {"--posts=100", "--posts-with-photo=50", "--photo-width=64", "--photo-height=48"});
  const Installation installation(server.url(), {{}}, "[retention]\nsightings = \"30d\"\n");
  const SetClock clock(installation.directory() / "offset");
  std::vector<std::string> command{"/usr/bin/env"};
  for (std::string& variable : clock.environment()) {
    command.push_back(std::move(variable));
  }
  command.insert(command.end(), {program("sightingd"), "--config", installation.config()});
  Process daemon(std::move(command));
  const auto status = [&] { return installation.ctl({"status"}).out; };
  const auto records = [&] {
    FeedConsumer reader;
    installation.catch_up(reader);
    return reader.records();
  };

  ASSERT_TRUE(eventually(seconds(30), [&] { return installation.answers(); })) << daemon.err();
  ASSERT_TRUE(eventually(seconds(60), [&] { return records().size() == 50; })) << status();
  ASSERT_THAT(status(), Not(HasSubstr("clock")));

  clock.set(kYear);
  ASSERT_TRUE(eventually(seconds(60), [&] {
    return status().find("clock was set") != std::string::npos;
  })) << status();
  // It goes on reading, for as long as an erasure would take.
  const auto then = server.requests();
  ASSERT_TRUE(eventually(seconds(60), [&] { return server.requests() > then + 10; }));
  EXPECT_EQ(records().size(), 50U);

  clock.set(0);
  ASSERT_TRUE(eventually(seconds(60), [&] {
    return status().find("clock was set") == std::string::npos;
  })) << status();
  EXPECT_EQ(records().size(), 50U);
  daemon.signal(SIGTERM);
  EXPECT_EQ(daemon.wait(seconds(20)), 0) << daemon.err();
}

}  // namespace
}  // namespace sightingd::test
