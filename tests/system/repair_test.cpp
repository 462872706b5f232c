// A disk that has damaged the store of an operator who has no backup.
#include "tests/system/http.h"
#include "tests/system/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace sightingd::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr int kNoStore = 4;
constexpr int kBadStore = 74;

class RepairOfAStoreTest : public ::testing::Test {
 protected:
  fs::path rows() const { return installation.directory() / "store/rows"; }

  /// The largest table: the records of sightings.
  fs::path largest_table() const {
    std::vector<fs::path> tables;
    for (const auto& entry : fs::directory_iterator(rows())) {
      if (entry.path().extension() == ".sst") {
        tables.push_back(entry.path());
      }
    }
    return *std::ranges::max_element(tables, {},
                                     [](const fs::path& table) { return fs::file_size(table); });
  }
  static void damage(const fs::path& path) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(fs::file_size(path) / 2);
    file.seekg(middle);
    const char byte = static_cast<char>(file.get());
    file.seekp(middle);
    file.put(static_cast<char>(byte ^ 1));
  }
  Records records() const {
    FeedConsumer reader;
    installation.catch_up(reader);
    return reader.records();
  }

  LoopbackMastodon server{
      {"--posts=300", "--posts-with-photo=200", "--photo-width=120", "--photo-height=90"}};
  Installation installation{server.url()};
};

TEST_F(RepairOfAStoreTest, WhatIsLostIsReadAgain) {
  ASSERT_TRUE(installation.complete());
  const Records whole = records();
  damage(largest_table());
  EXPECT_NE(installation.ctl({"check-store"}).status, 0);
  const auto read = installation.ctl({"feed"});
  EXPECT_NE(read.status, 0);

  const auto repaired = installation.ctl({"repair"});

  ASSERT_EQ(repaired.status, 0) << repaired.err;
  EXPECT_THAT(repaired.out, HasSubstr("Lost sightings: "));
  EXPECT_THAT(repaired.out, HasSubstr("set-aside/"));
  const Records saved = records();
  EXPECT_LT(saved.size(), whole.size());
  EXPECT_GT(saved.size(), whole.size() / 2);
  for (const auto& [id, record] : saved) {
    EXPECT_EQ(record, whole.at(id));
  }
  EXPECT_EQ(installation.ctl({"check-store"}).status, 0);
  EXPECT_THAT(installation.ctl({"audit", "--json"}).out, HasSubstr("\"repair\""));
  ASSERT_TRUE(installation.complete());
  EXPECT_EQ(records(), whole);
  EXPECT_EQ(installation.ctl({"audit", "--verify"}).status, 0);
  EXPECT_THAT(installation.ctl({"repair"}).out, HasSubstr("Nothing is damaged"));
}

TEST_F(RepairOfAStoreTest, ADaemonThatMeetsDamageEndsAndIsNotStartedInALoop) {
  ASSERT_TRUE(installation.complete());
  const Records whole = records();
  for (const auto& entry : fs::directory_iterator(rows())) {
    if (entry.path().filename().string().starts_with("MANIFEST")) {
      damage(entry.path());
    }
  }

  const auto daemon = installation.start();
  EXPECT_EQ(daemon->wait(seconds(30)), kBadStore);
  EXPECT_THAT(daemon->err(), HasSubstr("sightingctl repair"));
  EXPECT_EQ(installation.ctl({"feed"}).status, kNoStore);

  ASSERT_EQ(installation.ctl({"repair"}).status, 0);
  EXPECT_EQ(records(), whole);
  ASSERT_TRUE(installation.complete());
  EXPECT_EQ(records(), whole);
}

TEST_F(RepairOfAStoreTest, IsRefusedWhileADaemonRuns) {
  const auto daemon = installation.start();
  ASSERT_TRUE(eventually(seconds(20), [&] { return installation.answers(); })) << daemon->err();

  const auto refused = installation.ctl({"repair"});

  EXPECT_EQ(refused.status, kNoStore);
  EXPECT_THAT(refused.err, HasSubstr("in use"));
  daemon->signal(SIGTERM);
  EXPECT_EQ(daemon->wait(seconds(20)), 0);
}

}  // namespace
}  // namespace sightingd::test
