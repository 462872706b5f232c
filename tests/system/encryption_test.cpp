// The key of the store, as an operator meets it.
#include "tests/system/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>

namespace sightingd::test {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kConfiguration = 78;
constexpr int kNoStore = 4;

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool holds(const std::filesystem::path& folder, const std::string& text) {
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    if (file.is_regular_file() && read(file.path()).find(text) != std::string::npos) {
      return true;
    }
  }
  return false;
}

/// Changes the configuration's line of the key.
void name_key(const Installation& installation, const std::string& line) {
  const std::string named = "encryption_key = { file = \"store.key\" }";
  std::string text = read(installation.config());
  const auto at = text.find(named);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, named.size(), line);
  std::ofstream(installation.config()) << text;
}

void give_key(const Installation& installation) {
  std::string text = read(installation.config());
  text.insert(text.find("[metrics]"), "encryption_key = { file = \"store.key\" }\n");
  std::ofstream(installation.config()) << text;
}

class EncryptionTest : public ::testing::Test {
 protected:
  std::string feed() const {
    const auto read = installation.ctl({"feed"});
    EXPECT_EQ(read.status, 0) << read.err;
    return read.out;
  }
  Finished start_to_end() const {
    return run({program("sightingd"), "--config", installation.config()});
  }

  LoopbackMastodon server{{"--posts=30", "--posts-with-photo=10"}};
  Installation installation{server.url()};
};

TEST_F(EncryptionTest, KeepsNothingInClear) {
  ASSERT_TRUE(installation.complete());

  const auto store = installation.directory() / "store";
  for (const char* text : {"finddemo", "127.0.0.1", "campaign", "loopback", "JFIF", "Exif"}) {
    EXPECT_FALSE(holds(store, text)) << text;
  }
  EXPECT_THAT(feed(), HasSubstr("finddemo"));
}

TEST_F(EncryptionTest, EndsWithoutItsKeyOrWithAnother) {
  ASSERT_TRUE(installation.complete());

  installation.write_key("store.key", 'x');
  const auto wrong = start_to_end();
  EXPECT_EQ(wrong.status, kConfiguration);
  EXPECT_THAT(wrong.err, HasSubstr("another key"));
  EXPECT_EQ(installation.ctl({"feed"}).status, kNoStore);

  std::filesystem::remove(installation.directory() / "store.key");
  const auto missing = start_to_end();
  EXPECT_EQ(missing.status, kConfiguration);
  EXPECT_THAT(missing.err, HasSubstr("store.encryption_key: does not exist"));
  EXPECT_EQ(installation.ctl({"feed"}).status, kNoStore);

  name_key(installation, "");
  const auto none = start_to_end();
  EXPECT_EQ(none.status, kConfiguration);
  EXPECT_THAT(none.err, HasSubstr("its key is missing"));
  EXPECT_EQ(installation.ctl({"feed"}).status, kNoStore);
}

TEST_F(EncryptionTest, TakesItsKeyFromTheUnitsCredentials) {
  const auto credentials = installation.directory() / "credentials";
  std::filesystem::create_directory(credentials);
  std::filesystem::copy(installation.directory() / "store.key", credentials / "store-key");
  name_key(installation, "");
  const auto once = run({"/usr/bin/env", "CREDENTIALS_DIRECTORY=" + credentials.string(),
                         program("sightingd"), "--config", installation.config(), "--once"});
  ASSERT_EQ(once.status, 0) << once.err;

  EXPECT_THAT(once.err, Not(HasSubstr("unencrypted")));
  EXPECT_EQ(installation.ctl({"feed"}).status, kNoStore) << "outside of the unit";
  const auto given =
      installation.ctl({"feed", "--key", (installation.directory() / "store.key").string()});
  EXPECT_EQ(given.status, 0) << given.err;
}

TEST_F(EncryptionTest, EncryptsAStoreThatWasBegunWithoutAKey) {
  name_key(installation, "");
  const auto clear = installation.once();
  ASSERT_EQ(clear.status, 0);
  EXPECT_THAT(clear.err, HasSubstr("the store is not encrypted"));
  const std::string before = feed();
  ASSERT_TRUE(holds(installation.directory() / "store", "finddemo"));

  give_key(installation);
  const auto daemon = installation.start();
  ASSERT_TRUE(eventually(seconds(30), [this] {
    return installation.ctl({"status"}).out.find(", encrypted") != std::string::npos;
  })) << daemon->err();

  EXPECT_EQ(feed(), before);
  EXPECT_FALSE(holds(installation.directory() / "store", "finddemo"));
  EXPECT_FALSE(holds(installation.directory() / "store", "JFIF"));
}

TEST_F(EncryptionTest, GivesNoKeyToAStoreThatIsOnlyLookedInto) {
  name_key(installation, "");
  ASSERT_EQ(installation.once().status, 0);
  const auto key = installation.directory() / "store.key";

  EXPECT_EQ(installation.ctl({"feed", "--key", key.string()}).status, 0);

  EXPECT_EQ(installation.once().status, 0) << "without a key";
}

TEST_F(EncryptionTest, ChangesItsKeyWhileItRuns) {
  ASSERT_TRUE(installation.complete());
  const std::string before = feed();
  const auto daemon = installation.start();
  ASSERT_TRUE(eventually(seconds(30), [this] { return installation.answers(); }));

  const auto changed =
      installation.ctl({"rotate-key", installation.write_key("new.key", 'n').string()});

  EXPECT_EQ(changed.status, 0) << changed.err;
  EXPECT_THAT(changed.out, HasSubstr("The key is changed."));
  EXPECT_EQ(feed(), before);
  daemon->signal(SIGTERM);
  EXPECT_EQ(daemon->wait(seconds(10)), 0);
  EXPECT_EQ(start_to_end().status, kConfiguration);
  installation.write_key("store.key", 'n');
  EXPECT_EQ(feed(), before);
}

TEST_F(EncryptionTest, RefusesAKeyOfAnotherLengthAndAStoreThatIsNotEncrypted) {
  std::ofstream(installation.directory() / "short.key") << "short";
  const auto short_key = (installation.directory() / "short.key").string();
  EXPECT_EQ(installation.ctl({"rotate-key", short_key}).status, 2);
  name_key(installation, "");
  ASSERT_EQ(installation.once().status, 0);

  const auto refused =
      installation.ctl({"rotate-key", (installation.directory() / "store.key").string()});

  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("the store is not encrypted"));
}

TEST_F(EncryptionTest, WritesNoCoreDump) {
  const auto daemon = installation.start();
  ASSERT_TRUE(eventually(seconds(30), [this] { return installation.answers(); }));

  const std::string limits = read("/proc/" + std::to_string(daemon->pid()) + "/limits");
  EXPECT_THAT(limits, ::testing::ContainsRegex("Max core file size +0 +0"));
}

}  // namespace
}  // namespace sightingd::test
