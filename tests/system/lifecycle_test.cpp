#include "tests/system/closed_port.h"
#include "tests/system/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace sightingd::test {
namespace {

using std::chrono::seconds;

bool waits_for_the_store(const Process& daemon) {
  return daemon.err().find("info waiting ") != std::string::npos;
}

TEST(LifecycleTest, StopsCleanlyWithinTenSecondsUnderLoad) {
  const LoopbackMastodon server({"--posts=5000", "--posts-with-photo=5000", "--photo-width=160",
                                 "--photo-height=120", "--authors=500"});
  const Installation installation(server.url());
  const auto daemon = installation.start();
  ASSERT_TRUE(eventually(seconds(30), [&server] { return server.requests() > 200; }))
      << daemon->err();

  daemon->signal(SIGTERM);

  EXPECT_EQ(daemon->wait(seconds(10)), 0) << daemon->err();
  ASSERT_TRUE(installation.complete());
  FeedConsumer consumer;
  installation.catch_up(consumer);
  EXPECT_THAT(differences(truth_of(consumer.records()), server.posts_with_pictures()),
              ::testing::IsEmpty());
}

TEST(LifecycleTest, StopsWhileItsSourceDripsAndStalls) {
  const LoopbackMastodon server({"--posts=400", "--posts-with-photo=200", "--fault-rate=1"});
  const Installation installation(server.url());
  const auto daemon = installation.start();
  ASSERT_TRUE(eventually(seconds(30), [&server] { return server.requests() > 0; }));

  daemon->signal(SIGINT);

  EXPECT_EQ(daemon->wait(seconds(10)), 0) << daemon->err();
}

TEST(LifecycleTest, WaitsForAStoreThatAnotherProcessHolds) {
  const LoopbackMastodon server({"--posts=50", "--posts-with-photo=10"});
  const Installation installation(server.url());
  auto first = installation.start();
  ASSERT_TRUE(eventually(seconds(30), [&installation] { return installation.answers(); }));

  auto second = installation.start({"--once"});
  ASSERT_TRUE(eventually(seconds(30), [&second] { return waits_for_the_store(*second); }));
  first->signal(SIGTERM);

  EXPECT_EQ(first->wait(seconds(10)), 0);
  EXPECT_EQ(second->wait(seconds(60)), 0) << second->err();
}

TEST(LifecycleTest, StopsWhileItWaitsForAStore) {
  const LoopbackMastodon server({"--posts=50", "--posts-with-photo=10"});
  const Installation installation(server.url());
  const auto first = installation.start();
  ASSERT_TRUE(eventually(seconds(30), [&installation] { return installation.answers(); }));
  const auto second = installation.start();
  ASSERT_TRUE(eventually(seconds(30), [&second] { return waits_for_the_store(*second); }));

  second->signal(SIGTERM);

  EXPECT_EQ(second->wait(seconds(10)), 0) << second->err();
}

TEST(LifecycleTest, TellsThatItsSocketIsTaken) {
  const LoopbackMastodon server({"--posts=50", "--posts-with-photo=10"});
  const Installation one(server.url());
  const Installation other(server.url());
  const auto daemon = one.start();
  ASSERT_TRUE(eventually(seconds(30), [&one] { return one.answers(); })) << daemon->err();
  std::filesystem::create_symlink(one.socket(), other.socket());

  const auto second = other.start();

  EXPECT_EQ(second->wait(seconds(30)), 69) << second->err();
  EXPECT_TRUE(one.answers());
}

TEST(LifecycleTest, TakesOverTheSocketOfADaemonThatWasKilled) {
  const LoopbackMastodon server({"--posts=50", "--posts-with-photo=10"});
  const Installation installation(server.url());
  const auto killed = installation.start();
  ASSERT_TRUE(eventually(seconds(30), [&installation] { return installation.answers(); }));
  killed->signal(SIGKILL);
  killed->wait(seconds(10));

  const auto daemon = installation.start();

  EXPECT_TRUE(eventually(seconds(30), [&installation] { return installation.answers(); }))
      << daemon->err();
}

TEST(LifecycleTest, EndsIncompleteWhenItsSourceIsDown) {
  const ClosedPort source;
  const Installation installation(source.url());

  const auto finished =
      run({program("sightingd"), "--config", installation.config(), "--once", "--once-wait", "2s"});

  EXPECT_EQ(finished.status, 75);
  EXPECT_NE(finished.err.find("campaign"), std::string::npos) << finished.err;
}

TEST(LifecycleTest, GoesOnWithASingleRunWhenItsTerminalGoes) {
  const LoopbackMastodon server({"--posts=2000", "--posts-with-photo=0"});
  const Installation installation(server.url());
  const auto daemon = installation.start({"--once"});
  ASSERT_TRUE(eventually(seconds(30), [&server] { return server.requests() > 3; }));
  std::ofstream(installation.config(), std::ios::app) << "[[watch]]\nname = \"another\"\n"
                                                         "source = \"loopback\"\n"
                                                         "hashtag = \"another\"\n";

  daemon->signal(SIGHUP);

  EXPECT_EQ(daemon->wait(seconds(60)), 0) << daemon->err();
}

TEST(LifecycleTest, LeavesAStoreToItsOwnerWhenRootLooksIntoIt) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root can be another user";
  }
  constexpr uid_t kOwner = 54321;
  const LoopbackMastodon server({"--posts=20", "--posts-with-photo=5"});
  const Installation installation(server.url());
  ASSERT_TRUE(installation.complete());
  const auto everything = [&installation] {
    std::vector<std::filesystem::path> paths;
    for (const char* name : {"store", "store-ledger"}) {
      paths.push_back(installation.directory() / name);
      for (const auto& entry : std::filesystem::recursive_directory_iterator(paths.back())) {
        paths.push_back(entry.path());
      }
    }
    return paths;
  };
  ASSERT_EQ(chmod(installation.directory().c_str(), 0755), 0);
  for (const auto& path : everything()) {
    ASSERT_EQ(lchown(path.c_str(), kOwner, kOwner), 0) << path;
  }

  EXPECT_EQ(installation.ctl({"feed"}).status, 0);

  for (const auto& path : everything()) {
    struct stat status {};
    ASSERT_EQ(lstat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, kOwner) << path;
  }
}

TEST(LifecycleTest, LooksIntoAStoreWithoutTheTokensOfItsSources) {
  const LoopbackMastodon server({"--posts=20", "--posts-with-photo=0"});
  const Installation installation(server.url());
  ASSERT_TRUE(installation.complete());
  std::ofstream(installation.config(), std::ios::app)
      << "[[source]]\nname = \"other\"\nkind = \"mastodon\"\nurl = \"https://example.org\"\n"
         "token = { credential = \"other\" }\n";

  EXPECT_EQ(installation.ctl({"feed"}).status, 0);
}

TEST(LifecycleTest, RefusesAConfigurationWithMistakes) {
  const TemporaryDirectory directory;
  const auto config = directory.path() / "sightingd.toml";
  std::ofstream(config) << "[store]\npaht = \"x\"\n[[watch]]\nname = \"A B\"\n";

  EXPECT_EQ(run({program("sightingd"), "--config", config}).status, 78);
  EXPECT_EQ(run({program("sightingd"), "--config", config, "--check-config"}).status, 78);
  EXPECT_EQ(run({program("sightingctl"), "check", config}).status, 1);
}

TEST(LifecycleTest, TellsTheJournalOfMistakesAsEvents) {
  const TemporaryDirectory directory;
  const auto config = directory.path() / "sightingd.toml";
  std::ofstream(config) << "[store]\npaht = \"x\"\n";

  for (const std::vector<std::string>& more :
       {std::vector<std::string>{}, std::vector<std::string>{"--check-config"}}) {
    std::vector<std::string> command{"/usr/bin/env", "JOURNAL_STREAM=1:2", program("sightingd"),
                                     "--config", config};
    command.insert(command.end(), more.begin(), more.end());
    const auto finished = run(command);

    EXPECT_EQ(finished.status, 78);
    EXPECT_THAT(finished.err, testing::StartsWith("<3>configuration message="));
    EXPECT_THAT(finished.err, testing::HasSubstr("sightingd.toml:2:1: store.paht"));
  }
}

TEST(LifecycleTest, EndsWhenItsExaminerIsMissing) {
  const ClosedPort source;
  const Installation installation(source.url());
  const TemporaryDirectory elsewhere;
  const auto alone = elsewhere.path() / "sightingd";
  std::filesystem::copy_file(program("sightingd"), alone);
  if (std::filesystem::exists("/usr/libexec/sightingd/sighting-examiner")) {
    GTEST_SKIP() << "an examiner is installed here";
  }

  const auto finished = run({alone, "--config", installation.config()});

  EXPECT_EQ(finished.status, 71);
  EXPECT_THAT(finished.err, testing::HasSubstr("sighting-examiner is neither beside"));
}

TEST(LifecycleTest, EndsWhenItsStoreCannotBeOpened) {
  const ClosedPort source;
  const Installation installation(source.url());
  std::ofstream(installation.directory() / "store") << "a file";

  EXPECT_EQ(run({program("sightingd"), "--config", installation.config()}).status, 74);
  EXPECT_EQ(installation.once().status, 74);
  EXPECT_EQ(installation.ctl({"feed"}).status, 4);
}

TEST(LifecycleTest, MakesNoStoreJustToLookIntoIt) {
  const ClosedPort source;
  const Installation installation(source.url());

  const auto finished = installation.ctl({"feed"});

  EXPECT_EQ(finished.status, 4);
  EXPECT_THAT(finished.err, testing::HasSubstr("there is no store at"));
  EXPECT_FALSE(std::filesystem::exists(installation.directory() / "store"));
}

TEST(LifecycleTest, GivesUpOnAStoreThatStaysLocked) {
  const LoopbackMastodon server({"--posts=1", "--posts-with-photo=0"});
  const Installation installation(server.url());
  const auto first = installation.start();
  ASSERT_TRUE(eventually(seconds(30), [&installation] { return installation.answers(); }));
  // So that the tool looks for the store: it finds no daemon.
  const auto no_socket = installation.directory() / "none.sock";

  const auto second = installation.start();
  Process tool(
      {program("sightingctl"), "--config", installation.config(), "--socket", no_socket, "feed"});

  EXPECT_EQ(second->wait(seconds(120)), 75) << second->err();
  EXPECT_EQ(tool.wait(seconds(120)), 4) << tool.err();
}

TEST(LifecycleTest, TellsThatTheAddressOfItsMetricsIsTaken) {
  const ClosedPort taken;
  const Installation installation(taken.url(), {{}}, "");
  std::ifstream in(installation.config());
  std::string text{std::istreambuf_iterator<char>(in), {}};
  const std::string none = "listen = \"\"";
  text.replace(text.find(none), none.size(), "listen = \"" + taken.address() + '"');
  std::ofstream(installation.config()) << text;

  const auto finished = run({program("sightingd"), "--config", installation.config()});

  EXPECT_EQ(finished.status, 69);
  EXPECT_THAT(finished.err, testing::HasSubstr("cannot listen on " + taken.address()));
}

TEST(LifecycleTest, TellsAUserWhoMayNotConnect) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root can be another user";
  }
  const LoopbackMastodon server({"--posts=1", "--posts-with-photo=0"});
  const Installation installation(server.url());
  const auto daemon = installation.start();
  ASSERT_TRUE(eventually(seconds(30), [&installation] { return installation.answers(); }));
  ASSERT_EQ(chmod(installation.directory().c_str(), 0755), 0);
  // The tree may lie where a stranger cannot go.
  const auto ctl = installation.directory() / "sightingctl";
  std::filesystem::copy_file(program("sightingctl"), ctl);
  const auto status_as_stranger = [&installation, &ctl] {
    Process tool({ctl, "--socket", installation.socket(), "status"}, [] {
      constexpr uid_t kStranger = 54321;
      if (setgroups(0, nullptr) != 0 || setgid(kStranger) != 0 || setuid(kStranger) != 0) {
        _exit(127);
      }
    });
    const auto status = tool.wait(seconds(30));
    return std::pair(status, tool.err());
  };

  const auto by_the_file_system = status_as_stranger();
  ASSERT_EQ(chmod(installation.socket().c_str(), 0666), 0);
  const auto by_the_daemon = status_as_stranger();

  EXPECT_EQ(by_the_file_system.first, 5) << by_the_file_system.second;
  EXPECT_THAT(by_the_file_system.second, testing::HasSubstr("group sightingd"));
  EXPECT_EQ(by_the_daemon.first, 5) << by_the_daemon.second;
  EXPECT_THAT(by_the_daemon.second, testing::HasSubstr("may read"));
}

TEST(LifecycleTest, ExplainsItsUsage) {
  EXPECT_EQ(run({program("sightingd"), "--nonsense"}).status, 2);
  EXPECT_EQ(run({program("sightingd"), "--version"}).status, 0);
  EXPECT_EQ(run({program("sightingctl"), "nonsense"}).status, 2);
  EXPECT_EQ(run({program("sightingctl"), "--help"}).status, 0);
}

TEST(LifecycleTest, SaysThatNoDaemonRuns) {
  const ClosedPort source;
  const Installation installation(source.url());

  EXPECT_EQ(installation.ctl({"status"}).status, 3);
}

TEST(LifecycleTest, SaysWhenNobodyTakesWhatItPrints) {
  const LoopbackMastodon server({"--posts=10", "--posts-with-photo=10"});
  const Installation installation(server.url());
  ASSERT_TRUE(installation.complete());

  for (const char* command : {"feed", "coverage", "skipped"}) {
    Process tool({program("sightingctl"), "--config", installation.config(), command},
                 [] { dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO); });

    EXPECT_EQ(tool.wait(seconds(30)), 70) << command;
    EXPECT_NE(tool.err().find("standard output cannot be written"), std::string::npos);
  }
}

TEST(LifecycleTest, SaysThatASightingIsNotThere) {
  const LoopbackMastodon server({"--posts=1", "--posts-with-photo=0"});
  const Installation installation(server.url());
  ASSERT_TRUE(installation.complete());

  EXPECT_EQ(installation.ctl({"show", "sg_aaaaaaaaaaaaaaaaaaaaaaaaaa"}).status, 1);
}

}  // namespace
}  // namespace sightingd::test
