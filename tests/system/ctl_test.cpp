#include "tests/system/closed_port.h"
#include "tests/system/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace sightingd::test {
namespace {

using testing::HasSubstr;

/// The programs of this build in another folder, without the examiner.
class WithoutExaminer {
 public:
  WithoutExaminer() {
    for (const char* name : {"sightingd", "sightingctl"}) {
      std::filesystem::copy_file(program(name), directory_.path() / name);
    }
  }

  Finished run(const std::string& name, const std::filesystem::path& config,
               const std::vector<std::string>& arguments) const {
    std::vector<std::string> command{directory_.path() / name, "--config", config};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return test::run(std::move(command));
  }

 private:
  TemporaryDirectory directory_;
};

TEST(CtlTest, ErasesWithoutAnExaminerAndSaysWhatNeedsOne) {
  const LoopbackMastodon server({"--posts=3", "--posts-with-photo=3"});
  const Installation installation(server.url());
  ASSERT_TRUE(installation.complete());
  const WithoutExaminer programs;
  const auto picture = installation.directory() / "picture";
  std::ofstream(picture) << "no picture";

  const auto erased = programs.run("sightingctl", installation.config(),
                                   {"erase", "--post", server.posts_with_pictures().begin()->first,
                                    "--reason", "asked by the author"});
  const auto found = programs.run("sightingctl", installation.config(), {"find", picture});

  EXPECT_EQ(erased.status, 0) << erased.err;
  EXPECT_EQ(found.status, 70);
  EXPECT_THAT(found.err, HasSubstr("sighting-examiner is neither beside this program"));
}

/// A configuration with two mistakes.
std::filesystem::path write_mistakes(const TemporaryDirectory& directory) {
  auto config = directory.path() / "sightingd.toml";
  std::ofstream(config) << "[store]\npaht = \"x\"\n[log]\nlevel = \"loud\"\n";
  return config;
}

TEST(CtlTest, PrintsWhatAConfigurationWouldCostAsJson) {
  const ClosedPort source;
  const Installation installation(source.url());

  const auto checked = installation.ctl({"check", "--json"});

  ASSERT_EQ(checked.status, 0) << checked.err;
  rapidjson::Document report;
  report.Parse(checked.out.data(), checked.out.size());
  ASSERT_TRUE(report.IsObject()) << checked.out;
  EXPECT_TRUE(report["valid"].GetBool());
  EXPECT_STREQ(report["sources"][0]["source"].GetString(), "loopback");
  EXPECT_EQ(report["sources"][0]["watches"].GetInt(), 1);
  EXPECT_TRUE(report["sources"][0]["limit"].IsNull());
}

TEST(CtlTest, PrintsTheMistakesOfAConfigurationAsJson) {
  const TemporaryDirectory directory;
  const auto config = write_mistakes(directory);

  const auto checked = run({program("sightingctl"), "check", config, "--json"});

  EXPECT_EQ(checked.status, 1);
  rapidjson::Document report;
  report.Parse(checked.out.data(), checked.out.size());
  ASSERT_TRUE(report.IsObject()) << checked.out;
  EXPECT_FALSE(report["valid"].GetBool());
  EXPECT_GE(report["mistakes"].Size(), 2U);
  EXPECT_THAT(report["mistakes"][1].GetString(), HasSubstr("sightingd.toml:2:1: store.paht"));
}

TEST(CtlTest, PrintsEveryMistakeOfAConfigurationWithItsPlace) {
  const TemporaryDirectory directory;

  const auto checked = run({program("sightingctl"), "check", write_mistakes(directory)});

  EXPECT_EQ(checked.status, 1);
  EXPECT_THAT(checked.err, HasSubstr("sightingd.toml:2:1: store.paht"));
  EXPECT_THAT(checked.err, HasSubstr("sightingd.toml:4:9: log.level"));
}

TEST(CtlTest, PrintsWhatAConfigurationWouldCost) {
  const ClosedPort source;
  const Installation installation(source.url());

  const auto checked = installation.ctl({"check"});

  EXPECT_EQ(checked.status, 0) << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("loopback"));
}

TEST(CtlTest, SaysWhyItCannotReachAServerForTheStore) {
  const ClosedPort source;
  const Installation installation(source.url());
  const auto deep = installation.directory() / std::string(120, 'a');
  std::filesystem::create_directory(deep);
  const auto show = [&](const std::filesystem::path& temporary) {
    return run({"/usr/bin/env", "TMPDIR=" + temporary.string(), program("sightingctl"), "--config",
                installation.config(), "show", "sg_aaaaaaaaaaaaaaaaaaaaaaaaaa"});
  };

  const auto too_deep = show(deep);
  const auto nowhere = show(installation.directory() / "none");

  EXPECT_EQ(too_deep.status, 70);
  EXPECT_THAT(too_deep.err, HasSubstr("File name too long"));
  EXPECT_EQ(nowhere.status, 70);
  EXPECT_THAT(nowhere.err, HasSubstr("TMPDIR: No such file or directory"));
}

}  // namespace
}  // namespace sightingd::test
