// A backup of a daemon that is at work, and the way back.
#include "tests/system/http.h"
#include "tests/system/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace sightingd::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int kNoStore = 4;

class BackupOfADaemonTest : public ::testing::Test {
 protected:
  std::unique_ptr<Process> start() const {
    auto daemon = installation.start();
    EXPECT_TRUE(eventually(seconds(20), [&] { return installation.answers(); })) << daemon->err();
    return daemon;
  }
  static void stop(Process& daemon) {
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.wait(seconds(20)), 0) << daemon.err();
  }
  std::size_t sightings() const {
    FeedConsumer reader;
    installation.catch_up(reader);
    return reader.records().size();
  }
  Finished ctl(std::vector<std::string> arguments) const {
    return installation.ctl(std::move(arguments));
  }
  Records records() const {
    FeedConsumer reader;
    installation.catch_up(reader);
    return reader.records();
  }
  fs::path backup() const { return installation.directory() / "backup"; }

  LoopbackMastodon server{{"--posts=300", "--posts-with-photo=150", "--photo-width=120",
                           "--photo-height=90", "--repost-every=10"}};
  Installation installation{server.url()};
};

TEST_F(BackupOfADaemonTest, RestoresWhatWasBackedUpUnderLoadAndReadsTheRestAgain) {
  auto daemon = start();
  ASSERT_TRUE(eventually(seconds(60), [&] { return sightings() > 20; }));

  const Records known = records();
  const auto made = ctl({"backup", backup()});
  ASSERT_EQ(made.status, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("It can be brought back until "));
  const std::string erased = records().begin()->first;
  ASSERT_EQ(ctl({"erase", "--post", erased, "--reason", "asked for"}).status, 0);
  stop(*daemon);
  ASSERT_TRUE(installation.complete());
  const Records whole = records();

  const auto restored = ctl({"restore", backup()});

  ASSERT_EQ(restored.status, 0) << restored.err;
  EXPECT_THAT(restored.out, HasSubstr("set-aside/"));
  const Records back = records();
  EXPECT_FALSE(back.contains(erased));
  for (const auto& [id, record] : known) {
    EXPECT_TRUE(id == erased || back.contains(id)) << id << " was there when it was backed up";
  }
  EXPECT_EQ(ctl({"check-store"}).status, 0);
  ASSERT_TRUE(installation.complete());
  EXPECT_EQ(records(), whole);
  EXPECT_EQ(ctl({"audit", "--verify"}).status, 0);
}

TEST_F(BackupOfADaemonTest, ASecondBackupFetchesWhatIsNewOnly) {
  ASSERT_TRUE(installation.complete());
  const auto first = ctl({"backup", backup()});
  ASSERT_EQ(first.status, 0) << first.err;
  server.happen("new", 3);
  ASSERT_TRUE(installation.complete());
  const Records whole = records();

  const auto second = ctl({"backup", backup()});

  ASSERT_EQ(second.status, 0) << second.err;
  const auto fetched = [](const std::string& out) {
    const std::string mark = "of which ";
    return std::stoi(out.substr(out.find(mark) + mark.size()));
  };
  EXPECT_GT(fetched(first.out), 130);
  EXPECT_LT(fetched(second.out), 40);
  EXPECT_EQ(ctl({"backup", "--verify", backup()}).status, 0);
  ASSERT_EQ(ctl({"restore", backup()}).status, 0);
  EXPECT_EQ(records(), whole);
}

TEST_F(BackupOfADaemonTest, AReceiptNamesTheLastDayOnWhichTheErasedCouldStillExist) {
  ASSERT_TRUE(installation.complete());
  const std::vector<std::string> erase = {"erase", "--reason", "asked for", "--post"};
  const auto with_post = [&](const std::string& post) {
    std::vector<std::string> arguments = erase;
    arguments.push_back(post);
    return arguments;
  };
  const auto before = ctl(with_post(records().begin()->first));
  EXPECT_THAT(before.out, HasSubstr(R"(\"in_backups_until\":null)"));
  ASSERT_EQ(ctl({"backup", backup()}).status, 0);

  const auto after = ctl(with_post(records().begin()->first));

  EXPECT_THAT(after.out, HasSubstr(R"(\"in_backups_until\":\"20)"));
}

TEST_F(BackupOfADaemonTest, IsNotRestoredWhileADaemonRunsNorWhenItIsDamaged) {
  ASSERT_TRUE(installation.complete());
  ASSERT_EQ(ctl({"backup", backup()}).status, 0);
  {
    const auto daemon = start();
    const auto refused = ctl({"restore", backup()});
    EXPECT_EQ(refused.status, kNoStore);
    EXPECT_THAT(refused.err, HasSubstr("in use by another process"));
    stop(*daemon);
  }
  const fs::path photo = fs::directory_iterator(backup() / "photos")->path();
  fs::resize_file(photo, fs::file_size(photo) - 1);

  const auto verified = ctl({"backup", "--verify", backup()});
  const auto refused = ctl({"restore", backup()});

  EXPECT_EQ(verified.status, 1);
  EXPECT_THAT(verified.err, HasSubstr(photo.filename().string()));
  EXPECT_EQ(refused.status, kNoStore);
  EXPECT_THAT(refused.err, HasSubstr(photo.filename().string()));
  EXPECT_THAT(records(), Not(IsEmpty()));  // What was there still is.
}

TEST_F(BackupOfADaemonTest, IsNotWholeWithAListThatWasCutOrALinkInPlaceOfAPhoto) {
  ASSERT_TRUE(installation.complete());
  ASSERT_EQ(ctl({"backup", backup()}).status, 0);
  for (const auto& entry : fs::directory_iterator(backup())) {
    if (entry.path().extension() == ".ndjson") {
      fs::resize_file(entry.path(), 0);
    }
  }
  EXPECT_EQ(ctl({"backup", "--verify", backup()}).status, 1);
  EXPECT_EQ(ctl({"restore", backup()}).status, kNoStore);

  ASSERT_EQ(ctl({"backup", backup()}).status, 0);  // Mends it.
  EXPECT_EQ(ctl({"backup", "--verify", backup()}).status, 0);
  const fs::path photo = fs::directory_iterator(backup() / "photos")->path();
  fs::rename(photo, installation.directory() / "elsewhere");
  fs::create_symlink(installation.directory() / "elsewhere", photo);
  EXPECT_EQ(ctl({"backup", "--verify", backup()}).status, 1);
  EXPECT_EQ(ctl({"restore", backup()}).status, kNoStore);
}

TEST_F(BackupOfADaemonTest, RestoredByRootItBelongsToItsOwner) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root can give files away";
  }
  constexpr uid_t kOwner = 1234;
  ASSERT_TRUE(installation.complete());
  ASSERT_EQ(ctl({"backup", backup()}).status, 0);  // Which its owner cannot read.
  const Records whole = records();
  const fs::path store = installation.directory() / "store";
  const fs::path ledger = installation.directory() / "store-ledger";
  fs::permissions(installation.directory(), fs::perms::others_exec, fs::perm_options::add);
  for (const fs::path& folder : {store, ledger}) {
    ASSERT_EQ(lchown(folder.c_str(), kOwner, kOwner), 0);
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      ASSERT_EQ(lchown(entry.path().c_str(), kOwner, kOwner), 0);
    }
  }
  fs::remove_all(store);  // It is made anew, for the owner of the ledger.

  const auto restored = ctl({"restore", backup()});

  ASSERT_EQ(restored.status, 0) << restored.err;
  for (const fs::path& folder : {store, ledger}) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      struct stat status {};
      ASSERT_EQ(lstat(entry.path().c_str(), &status), 0);
      EXPECT_EQ(status.st_uid, kOwner) << entry.path();
    }
  }
  EXPECT_EQ(records(), whole);
}

TEST_F(BackupOfADaemonTest, LeavesFilesAloneThatAreNotItsOwn) {
  ASSERT_TRUE(installation.complete());
  ASSERT_EQ(ctl({"backup", backup()}).status, 0);
  std::ofstream(backup() / "README") << "whose backup this is";

  ASSERT_EQ(ctl({"backup", backup()}).status, 0);

  EXPECT_TRUE(fs::exists(backup() / "README"));
}

TEST_F(BackupOfADaemonTest, IsMadeIntoNoFolderThatHoldsSomethingElse) {
  ASSERT_TRUE(installation.complete());
  fs::create_directories(backup());
  std::ofstream(backup() / "letter.txt") << "dear";

  const auto refused = ctl({"backup", backup()});

  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("holds something else"));
  EXPECT_TRUE(fs::exists(backup() / "letter.txt"));
}

}  // namespace
}  // namespace sightingd::test
