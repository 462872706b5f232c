// The audit log, as an operator and an attacker meet it.
#include "tests/system/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <string>

namespace sightingd::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

class AuditTest : public ::testing::Test {
 protected:
  fs::path log() const { return installation.directory() / "store" / "audit" / "audit.log"; }

  std::string content() const {
    std::ifstream in(log(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string first_id() const {
    const auto feed = installation.ctl({"feed", "--limit", "1"});
    const auto at = feed.out.find("sg_");
    return at == std::string::npos ? "" : feed.out.substr(at, 29);
  }

  std::unique_ptr<Process> start() const {
    auto daemon = installation.start();
    EXPECT_TRUE(eventually(seconds(30), [this] { return installation.answers(); }))
        << daemon->err();
    return daemon;
  }

  LoopbackMastodon server{{"--posts=20", "--posts-with-photo=10"}};
  Installation installation{server.url()};
};

TEST_F(AuditTest, ShowsWhoReadWhatAcrossKillsAndRestarts) {
  ASSERT_TRUE(installation.complete());
  const std::string id = first_id();
  for (int i = 0; i < 5; ++i) {
    const auto daemon = start();
    ASSERT_EQ(installation.ctl({"show", id}).status, 0);
    daemon->signal(SIGKILL);
    ASSERT_TRUE(daemon->wait(seconds(10)));
  }
  const auto daemon = start();
  ASSERT_EQ(installation.ctl({"erase", "--post", id, "--reason", "asked by the author"}).status, 0);

  const auto about = installation.ctl({"audit", "--id", id});
  const auto all = installation.ctl({"audit", "--json"});
  const auto verdict = installation.ctl({"audit", "--verify"});

  EXPECT_EQ(about.status, 0) << about.err;
  std::size_t reads = 0;
  for (std::size_t at = 0; (at = about.out.find("sighting_read", at)) != std::string::npos; ++at) {
    ++reads;
  }
  EXPECT_EQ(reads, 5U) << about.out;
  EXPECT_THAT(about.out, HasSubstr("\"asked by the author\""));
  EXPECT_THAT(all.out, HasSubstr("\"kind\":\"start\""));
  EXPECT_THAT(all.out, HasSubstr("\"kind\":\"stop\"")) << "of the runs that ended by themselves";
  EXPECT_THAT(all.out, HasSubstr("\"kind\":\"feed_read\""));
  EXPECT_THAT(all.out, Not(HasSubstr(id)));
  EXPECT_EQ(verdict.status, 0) << verdict.err;
  EXPECT_THAT(verdict.out, HasSubstr("The audit log is whole"));
  EXPECT_THAT(daemon->err(), HasSubstr("audit-head"));
}

TEST_F(AuditTest, FindsWhatWasDoneToItWhileTheDaemonRuns) {
  ASSERT_TRUE(installation.complete());
  const auto daemon = start();
  ASSERT_EQ(installation.ctl({"show", first_id()}).status, 0);
  ASSERT_EQ(installation.ctl({"audit", "--verify"}).status, 0);
  const std::string whole = content();
  std::string altered = whole;
  altered[whole.size() / 2] = static_cast<char>(altered[whole.size() / 2] ^ 1);
  std::ofstream(log(), std::ios::binary | std::ios::trunc) << altered;

  const auto verdict = installation.ctl({"audit", "--verify"});

  EXPECT_EQ(verdict.status, 1);
  EXPECT_THAT(verdict.err, HasSubstr("broken at entry"));
  EXPECT_EQ(installation.ctl({"show", first_id()}).status, 0) << "the daemon works on";
}

TEST_F(AuditTest, FindsWhatWasDoneToItWhileNothingRan) {
  ASSERT_TRUE(installation.complete());
  ASSERT_EQ(installation.ctl({"show", first_id()}).status, 0);
  ASSERT_EQ(installation.ctl({"audit", "--verify"}).status, 0);
  fs::resize_file(log(), fs::file_size(log()) - 100);

  const auto verdict = installation.ctl({"audit", "--verify"});

  EXPECT_EQ(verdict.status, 1);
  EXPECT_THAT(verdict.err, HasSubstr("is missing, and so are all up to entry"));
  EXPECT_EQ(installation.ctl({"audit", "--verify"}).status, 1) << "and so it stays";
  const auto daemon = start();
  EXPECT_EQ(installation.ctl({"audit", "--verify"}).status, 1);
}

TEST_F(AuditTest, ReportsForThePublic) {
  ASSERT_TRUE(installation.complete());
  ASSERT_EQ(installation.ctl({"show", first_id()}).status, 0);

  const auto report = installation.ctl({"report", "--from", "2026-01", "--to", "2026-02"});

  EXPECT_EQ(report.status, 0) << report.err;
  EXPECT_THAT(report.out, HasSubstr("KIND"));
  EXPECT_THAT(report.out, HasSubstr("sighting_read"));
  EXPECT_EQ(installation.ctl({"report", "--from", "2026-01"}).status, 2);
  EXPECT_EQ(installation.ctl({"report", "--from", "2026-02", "--to", "2026-01"}).status, 2);
}

}  // namespace
}  // namespace sightingd::test
