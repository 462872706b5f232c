// A daemon that is operated while it runs: reloads, pauses, erasures, and what systemd hears of it.
#include "tests/support/notify_socket.h"
#include "tests/system/http.h"
#include "tests/system/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace sightingd::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kAnotherWatch =
    "[[watch]]\nname = \"another\"\nsource = \"loopback\"\nhashtag = \"unheardof\"\n";

/// A daemon that has read a small server to its head.
class ControlTest : public testing::Test {
 protected:
  void SetUp() override {
    daemon = installation.start();
    ASSERT_TRUE(eventually(seconds(60), [this] { return has_read_all(); })) << daemon->err();
  }

  std::string status() const { return installation.ctl({"status", "--json"}).out; }
  bool has_read_all() const {
    return installation.answers() && status().find("\"sightings\":5") != std::string::npos;
  }
  /// True once `status` shows a watch of this name.
  bool has_watch(const std::string& name) const {
    return status().find("\"name\":\"" + name + '"') != std::string::npos;
  }
  bool becomes_watched(const std::string& name) const {
    return eventually(seconds(30), [&] { return has_watch(name); });
  }
  bool logs(const std::string& text) const {
    return eventually(seconds(30), [&] { return daemon->err().find(text) != std::string::npos; });
  }

  void append(const std::string& text) const {
    std::ofstream(installation.config(), std::ios::app) << text;
  }
  /// Replaces a piece of the configuration.
  void replace(const std::string& what, const std::string& with) const {
    std::ifstream in(installation.config());
    std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto at = text.find(what);
    ASSERT_NE(at, std::string::npos);
    std::ofstream(installation.config()) << text.replace(at, what.size(), with);
  }

  const LoopbackMastodon server{{"--posts=5", "--posts-with-photo=5"}};
  const Installation installation{server.url()};
  std::unique_ptr<Process> daemon;
};

TEST_F(ControlTest, ReadsItsConfigurationAgainOnHangup) {
  append(kAnotherWatch);

  daemon->signal(SIGHUP);

  EXPECT_TRUE(becomes_watched("another")) << daemon->err();
  EXPECT_TRUE(logs("info reloaded changes=1")) << daemon->err();
}

TEST_F(ControlTest, TellsNoHashtagWhenItLogsAReload) {
  append(kAnotherWatch);

  daemon->signal(SIGHUP);

  ASSERT_TRUE(logs("info reloaded ")) << daemon->err();
  EXPECT_THAT(daemon->err(), HasSubstr("reload-changed message=\"watch[1]: added\""));
  EXPECT_THAT(daemon->err(), Not(HasSubstr("unheardof")));
}

TEST_F(ControlTest, ChangesNothingOnHangupWhenAnythingIsWrong) {
  append(kAnotherWatch);
  append("poll_intervall = \"15s\"\n");

  daemon->signal(SIGHUP);

  EXPECT_TRUE(logs("error reload-refused ")) << daemon->err();
  EXPECT_FALSE(has_watch("another"));
}

TEST_F(ControlTest, ChangesNothingOnHangupWhenAnythingNeedsARestart) {
  append(kAnotherWatch);
  replace("processes = 2", "processes = 1");

  daemon->signal(SIGHUP);

  EXPECT_TRUE(logs("reload-refused message=\"examiner.processes needs a restart\""))
      << daemon->err();
  EXPECT_FALSE(has_watch("another"));
}

TEST_F(ControlTest, PollsNoMoreWhatAReloadRemoved) {
  append(kAnotherWatch);
  daemon->signal(SIGHUP);
  ASSERT_TRUE(becomes_watched("another"));
  replace(kAnotherWatch, "");

  daemon->signal(SIGHUP);

  EXPECT_TRUE(eventually(seconds(30), [this] { return !has_watch("another"); }));
  EXPECT_TRUE(has_watch("campaign"));
}

TEST_F(ControlTest, OutlivesManyHangups) {
  for (int i = 0; i < 50; ++i) {
    daemon->signal(SIGHUP);
  }
  append(kAnotherWatch);
  daemon->signal(SIGHUP);

  // The last of them may have been refused because the one before was under way.
  EXPECT_TRUE(eventually(seconds(30), [this] { return installation.ctl({"reload"}).status == 0; }));
  EXPECT_TRUE(has_watch("another")) << daemon->err();
}

TEST_F(ControlTest, ShowsWhatAReloadWouldChange) {
  append(kAnotherWatch);

  const auto dry_run = installation.ctl({"reload", "--dry-run"});

  EXPECT_EQ(dry_run.status, 0) << dry_run.err;
  EXPECT_THAT(dry_run.out, HasSubstr("watch \"another\": added"));
  EXPECT_THAT(dry_run.out, HasSubstr("Not applied: this was a dry run."));
  EXPECT_FALSE(has_watch("another"));
}

TEST_F(ControlTest, AppliesAReloadThatIsAskedFor) {
  append(kAnotherWatch);

  const auto reload = installation.ctl({"reload"});

  EXPECT_EQ(reload.status, 0) << reload.err;
  EXPECT_THAT(reload.out, HasSubstr("Applied."));
  EXPECT_TRUE(has_watch("another"));
  EXPECT_THAT(installation.ctl({"reload"}).out, HasSubstr("Nothing differs."));
}

TEST_F(ControlTest, NamesWhatRefusesAReload) {
  append(kAnotherWatch);
  replace("processes = 2", "processes = 1");

  const auto restart = installation.ctl({"reload"});
  append("poll_intervall = \"15s\"\n");
  const auto mistake = installation.ctl({"reload", "--json"});

  EXPECT_EQ(restart.status, 1);
  EXPECT_THAT(restart.err, HasSubstr("examiner.processes"));
  EXPECT_EQ(mistake.status, 1);
  rapidjson::Document report;
  report.Parse(mistake.out.data(), mistake.out.size());
  ASSERT_TRUE(report.IsObject()) << mistake.out;
  EXPECT_FALSE(report["applied"].GetBool());
  EXPECT_THAT(report["mistakes"][0].GetString(), HasSubstr("poll_intervall"));
  EXPECT_FALSE(has_watch("another"));
}

TEST_F(ControlTest, KeepsAWatchPausedOverARestart) {
  ASSERT_EQ(installation.ctl({"watch", "pause", "campaign"}).status, 0);
  EXPECT_THAT(status(), HasSubstr("\"state\":\"paused\""));
  daemon->signal(SIGTERM);
  ASSERT_EQ(daemon->wait(seconds(10)), 0);

  daemon = installation.start();

  ASSERT_TRUE(eventually(seconds(30), [this] { return installation.answers(); }));
  EXPECT_THAT(status(), HasSubstr("\"state\":\"paused\""));
  ASSERT_EQ(installation.ctl({"watch", "resume", "campaign"}).status, 0);
  EXPECT_THAT(status(), Not(HasSubstr("\"state\":\"paused\"")));
}

TEST_F(ControlTest, SaysNoToAWatchThatItDoesNotKnow) {
  EXPECT_EQ(installation.ctl({"watch", "pause", "other"}).status, 1);
}

TEST_F(ControlTest, ErasesWhileItRuns) {
  const std::string uri = server.posts_with_pictures().begin()->first;

  const auto erased = installation.ctl({"erase", "--post", uri, "--reason", "asked by the author"});

  EXPECT_EQ(erased.status, 0) << erased.err;
  const auto feed = installation.ctl({"feed"});
  EXPECT_THAT(feed.out, Not(HasSubstr(uri + '"')));
  EXPECT_THAT(feed.out, HasSubstr("\"event\":\"sighting_erased\""));
  EXPECT_THAT(daemon->err(), Not(HasSubstr(uri)));
  EXPECT_EQ(installation.ctl({"erase", "--post", uri, "--reason", "again"}).status, 1);
}

TEST_F(ControlTest, ShowsItsWatchesAndTotals) {
  const auto shown = installation.ctl({"status"});

  EXPECT_EQ(shown.status, 0) << shown.err;
  EXPECT_THAT(shown.out, testing::ContainsRegex("campaign +loopback +(ok|polling|starting)"));
  EXPECT_THAT(shown.out, HasSubstr("store: 5 sightings, 5 photos, 0 pictures to fetch again"));
  EXPECT_THAT(shown.out, HasSubstr(", encrypted"));
}

TEST_F(ControlTest, PrintsItsMetrics) {
  const auto metrics = installation.ctl({"metrics"});

  EXPECT_EQ(metrics.status, 0) << metrics.err;
  EXPECT_THAT(metrics.out, HasSubstr("sightingd_photos 5\n"));
}

// Twice each: a frame or a buffer that one answer has spoilt is what the next one meets.
TEST_F(ControlTest, AnswersEveryCommandAgainAndAgain) {
  rapidjson::Document event;
  const std::string feed = installation.ctl({"feed", "--limit", "1"}).out;
  event.Parse(feed.data(), feed.size());
  ASSERT_TRUE(event.IsObject()) << feed;
  const std::string photo = event["images"][0]["photo"].GetString();
  const std::string watch = event["watches"][0].GetString();
  const auto picture = (installation.directory() / "picture").string();
  ASSERT_EQ(installation.ctl({"photo", photo, "-o", picture}).status, 0);
  const std::vector<std::vector<std::string>> commands = {
      {"status"},
      {"coverage"},
      {"skipped"},
      {"feed"},
      {"show", event["id"].GetString()},
      {"find", picture},
      {"metrics"},
      {"check"},
      {"inspect", picture},
      {"watch", "list"},
      {"watch", "pause", watch},
      {"watch", "resume", watch},
      {"reload"},
  };

  for (int i = 0; i < 2; ++i) {
    for (const std::vector<std::string>& command : commands) {
      const auto finished = installation.ctl(command);
      EXPECT_EQ(finished.status, 0) << testing::PrintToString(command) << finished.err;
      EXPECT_NE(finished.out, "") << testing::PrintToString(command);
    }
  }

  daemon->signal(SIGTERM);
  EXPECT_EQ(daemon->wait(seconds(30)), 0) << daemon->err();
}

TEST_F(ControlTest, TellsAFollowerThatItStopped) {
  Process follower({program("sightingctl"), "--config", installation.config(), "feed", "--follow",
                    "--limit", "1000"});
  ASSERT_TRUE(eventually(seconds(30), [&] {
    const std::string out = follower.out();
    return std::ranges::count(out, '\n') == 5;
  }));

  daemon->signal(SIGTERM);

  EXPECT_EQ(follower.wait(seconds(10)), 3) << follower.err();
  EXPECT_THAT(follower.err(), HasSubstr("sightingd stopped"));
}

TEST(ControlPageTest, SaysWhereItsStatusPageIs) {
  const LoopbackMastodon server({"--posts=1", "--posts-with-photo=0"});
  const Installation installation(server.url());
  std::ifstream in(installation.config());
  std::string text{std::istreambuf_iterator<char>(in), {}};
  const std::string none = "listen = \"\"";
  text.replace(text.find(none), none.size(), "listen = \"127.0.0.2:0\"");
  std::ofstream(installation.config()) << text;
  const auto daemon = installation.start();
  ASSERT_TRUE(eventually(seconds(30), [&] { return installation.answers(); })) << daemon->err();

  const std::string log = daemon->err();
  const auto at = log.find("page=http://127.0.0.2:");
  ASSERT_NE(at, std::string::npos) << log;
  const std::string page = log.substr(at + 5, log.find('\n', at) - at - 5);

  EXPECT_EQ(http_get(page + "healthz"), "alive\n");
}

/// A daemon that systemd started.
class ControlServiceTest : public testing::Test {
 protected:
  std::unique_ptr<Process> start(const std::vector<std::string>& environment = {}) const {
    std::vector<std::string> command{"/usr/bin/env", "NOTIFY_SOCKET=" + socket.path().string()};
    command.insert(command.end(), environment.begin(), environment.end());
    command.insert(command.end(),
                   {program("sightingd"), "--config", installation.config().string()});
    return std::make_unique<Process>(command);
  }

  const LoopbackMastodon server{{"--posts=5", "--posts-with-photo=0"}};
  const Installation installation{server.url()};
  const NotifySocket socket;
};

TEST_F(ControlServiceTest, IsReadyOnlyWhenItAnswers) {
  const auto daemon = start();

  EXPECT_EQ(socket.next(), "READY=1") << daemon->err();
  EXPECT_TRUE(installation.answers());
}

TEST_F(ControlServiceTest, SaysThatItReloadsAndIsReadyAgain) {
  const auto daemon = start();
  ASSERT_EQ(socket.next(), "READY=1") << daemon->err();

  daemon->signal(SIGHUP);

  EXPECT_THAT(socket.next(), testing::StartsWith("RELOADING=1\nMONOTONIC_USEC="));
  EXPECT_EQ(socket.next(), "READY=1");
}

TEST_F(ControlServiceTest, SaysThatItStops) {
  const auto daemon = start();
  ASSERT_EQ(socket.next(), "READY=1") << daemon->err();

  daemon->signal(SIGTERM);

  EXPECT_EQ(socket.next(), "STOPPING=1");
  EXPECT_EQ(daemon->wait(seconds(10)), 0) << daemon->err();
}

TEST_F(ControlServiceTest, BeatsWhileItIsWell) {
  const auto daemon = start({"WATCHDOG_USEC=200000"});
  ASSERT_EQ(socket.next(), "READY=1") << daemon->err();

  EXPECT_EQ(socket.next(), "WATCHDOG=1");
  EXPECT_EQ(socket.next(), "WATCHDOG=1");
}

TEST_F(ControlServiceTest, IsNeverReadyWhenItCannotStart) {
  std::ofstream(installation.directory() / "store") << "a file";
  const auto daemon = start();

  ASSERT_EQ(daemon->wait(seconds(30)), 74) << daemon->err();

  for (std::string told = socket.next(milliseconds(0)); !told.empty();
       told = socket.next(milliseconds(0))) {
    EXPECT_NE(told, "READY=1");
  }
}

}  // namespace
}  // namespace sightingd::test
