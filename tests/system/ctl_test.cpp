#include "tests/system/closed_port.h"
#include "tests/system/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace sightingd::test {
namespace {

using testing::HasSubstr;
using testing::Not;

/// The programs of this build in another folder; without the examiner, if none is added.
class ProgramsElsewhere {
 public:
  ProgramsElsewhere() {
    for (const char* name : {"sightingd", "sightingctl"}) {
      std::filesystem::copy_file(program(name), directory_.path() / name);
    }
  }

  /// With `file` for an examiner.
  void add_examiner(const std::filesystem::path& file) const {
    std::filesystem::copy_file(file, directory_.path() / "sighting-examiner");
  }

  Finished run(const std::string& name, const std::vector<std::string>& arguments) const {
    std::vector<std::string> command{directory_.path() / name};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return test::run(std::move(command));
  }

 private:
  TemporaryDirectory directory_;
};

bool has_open(const Process& process, const std::filesystem::path& file) {
  std::error_code ignored;
  std::filesystem::directory_iterator descriptors("/proc/" + std::to_string(process.pid()) + "/fd",
                                                  ignored);
  return std::any_of(begin(descriptors), end(descriptors), [&](const auto& descriptor) {
    return std::filesystem::read_symlink(descriptor.path(), ignored) == file;
  });
}

bool has_child(const Process& process) {
  const std::string pid = std::to_string(process.pid());
  std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
  return children.peek() != std::ifstream::traits_type::eof();
}

TEST(CtlTest, AsksTheDaemonThatWasStillComingUp) {
  const LoopbackMastodon server({"--posts=3", "--posts-with-photo=3"});
  const Installation installation(server.url());
  ASSERT_TRUE(installation.complete());
  const auto daemon = installation.start();
  ASSERT_TRUE(eventually(std::chrono::seconds(10), [&] {
    return has_open(*daemon, installation.directory() / "store" / "lock");
  }));
  daemon->signal(SIGSTOP);  // It has the store, and listens to nobody yet.
  Process tool({program("sightingctl"), "feed", "--config", installation.config()});
  ASSERT_TRUE(eventually(std::chrono::seconds(10), [&] { return has_child(tool); })) << tool.err();

  daemon->signal(SIGCONT);

  EXPECT_EQ(tool.wait(std::chrono::seconds(30)), 0) << tool.err();
  EXPECT_EQ(tool.err(), "");
}

TEST(CtlTest, ErasesWithoutAnExaminerAndSaysWhatNeedsOne) {
  const LoopbackMastodon server({"--posts=3", "--posts-with-photo=3"});
  const Installation installation(server.url());
  ASSERT_TRUE(installation.complete());
  const ProgramsElsewhere programs;
  const auto picture = installation.directory() / "picture";
  std::ofstream(picture) << "no picture";

  const auto erased =
      programs.run("sightingctl", {"--config", installation.config(), "erase", "--post",
                                   server.posts_with_pictures().begin()->first, "--reason",
                                   "asked by the author"});
  const auto found =
      programs.run("sightingctl", {"--config", installation.config(), "find", picture});

  EXPECT_EQ(erased.status, 0) << erased.err;
  EXPECT_EQ(found.status, 70);
  EXPECT_THAT(found.err, HasSubstr("sighting-examiner is neither beside this program"));
}

TEST(CtlTest, ShowsNothingButTheFeedOfAStoppedDaemon) {
  const LoopbackMastodon server({"--posts=3", "--posts-with-photo=3"});
  const Installation installation(server.url());
  ASSERT_TRUE(installation.complete());

  const auto feed = installation.ctl({"feed"});

  EXPECT_EQ(feed.status, 0);
  EXPECT_EQ(std::ranges::count(feed.out, '\n'), 3);
  EXPECT_EQ(feed.err, "");
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

TEST(CtlTest, NamesNoSourceToTheJournal) {
  const ClosedPort source;
  const Installation installation(source.url());

  for (const char* form : {"--check-config", "--json"}) {
    const auto checked = run({"/usr/bin/env", "JOURNAL_STREAM=8:1", program("sightingd"),
                              "--config", installation.config(), "--check-config", form});

    ASSERT_EQ(checked.status, 0) << checked.err;
    EXPECT_THAT(checked.out + checked.err, Not(HasSubstr("loopback"))) << form;
    EXPECT_THAT(checked.out, HasSubstr("source[0]")) << form;
  }
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

/// A terminal, as a program that writes to it sees one.
class Terminal {
 public:
  Terminal() : master_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    if (master_ < 0 || grantpt(master_) != 0 || unlockpt(master_) != 0) {
      throw std::system_error(errno, std::generic_category(), "cannot open a terminal");
    }
    name_ = ptsname(master_);
  }
  ~Terminal() { close(master_); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// What `command` prints to it.
  std::string output_of(std::vector<std::string> command) const {
    const int slave = open(name_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    Process process(std::move(command), [slave] { dup2(slave, STDOUT_FILENO); });
    EXPECT_EQ(process.wait(std::chrono::seconds(30)), 0) << process.err();
    std::string output(64 << 10, '\0');
    const ssize_t size = read(master_, output.data(), output.size());
    close(slave);
    output.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return output;
  }

 private:
  int master_;
  std::string name_;
};

TEST(CtlTest, ColoursATerminalUnlessItIsAskedNotTo) {
  const LoopbackMastodon server({"--posts=1", "--posts-with-photo=0"});
  const Installation installation(server.url());
  const auto daemon = installation.start();
  ASSERT_TRUE(eventually(std::chrono::seconds(30), [&] { return installation.answers(); }));
  const Terminal terminal;
  const std::vector<std::string> status{program("sightingctl"), "--config", installation.config(),
                                        "status"};
  std::vector<std::string> without_colour{"/usr/bin/env", "NO_COLOR=1"};
  without_colour.insert(without_colour.end(), status.begin(), status.end());
  std::vector<std::string> with_colour{"/usr/bin/env", "-u", "NO_COLOR"};
  with_colour.insert(with_colour.end(), status.begin(), status.end());

  EXPECT_THAT(terminal.output_of(with_colour), HasSubstr("\x1b["));
  EXPECT_THAT(terminal.output_of(without_colour), Not(HasSubstr("\x1b[")));
  EXPECT_THAT(installation.ctl({"status"}).out, Not(HasSubstr("\x1b[")));
}

TEST(CtlTest, InspectsPicturesWithoutADaemonOrAConfiguration) {
  const LoopbackMastodon server({"--posts=1", "--posts-with-photo=1"});
  const Installation installation(server.url());
  ASSERT_TRUE(installation.complete());
  const auto record = installation.ctl({"feed"}).out;
  const auto id = record.substr(record.find("\"ph_") + 1, 29);
  const TemporaryDirectory directory;
  const auto photo = directory.path() / "photo.jpg";
  const auto text = directory.path() / "text.jpg";
  ASSERT_EQ(installation.ctl({"photo", id, "-o", photo}).status, 0);
  std::ofstream(text) << "no picture";

  const auto inspected = run({program("sightingctl"), "inspect", photo, text, "--stripped",
                              directory.path() / "stripped"});

  EXPECT_EQ(inspected.status, 0) << inspected.err;
  std::istringstream lines(inspected.out);
  std::vector<std::string> statuses;
  for (std::string line; std::getline(lines, line);) {
    rapidjson::Document image;
    image.Parse(line.data(), line.size());
    ASSERT_TRUE(image.IsObject()) << line;
    statuses.emplace_back(image["status"].GetString());
  }
  EXPECT_THAT(statuses, testing::ElementsAre("stored", "unavailable"));
  // What was stripped has nothing left to lose.
  EXPECT_EQ(std::filesystem::file_size(directory.path() / "stripped" / "photo.jpg"),
            std::filesystem::file_size(photo));
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "stripped" / "text.jpg"));
  // Nobody else may read what was taken out.
  constexpr auto kOwnersOnly =
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;
  EXPECT_EQ(std::filesystem::status(photo).permissions(), kOwnersOnly);
  EXPECT_EQ(std::filesystem::status(directory.path() / "stripped" / "photo.jpg").permissions(),
            kOwnersOnly);
}

TEST(CtlTest, InspectsAsTheConfigurationThatIsNamedSays) {
  const ClosedPort source;
  const Installation installation(source.url(), {{}}, "[media]\nmax_bytes = \"1KiB\"\n");
  const auto picture = installation.directory() / "picture.jpg";
  std::ofstream(picture) << std::string(2048, 'x');

  EXPECT_THAT(installation.ctl({"inspect", picture}).out, HasSubstr("too_large"));
  EXPECT_EQ(
      run({program("sightingctl"), "--config", "/nonexistent.toml", "inspect", picture}).status, 2);
}

TEST(CtlTest, InspectsWithoutASandboxOnlyWhenTheConfigurationAllowsIt) {
  const ProgramsElsewhere programs;
  programs.add_examiner(test_program("sighting-examiner-unconfined"));
  const ClosedPort source;
  const Installation installation(source.url());  // Says "best-effort".
  const auto missing = installation.directory() / "missing.jpg";
  const auto strict = installation.directory() / "strict.toml";
  std::ofstream(strict) << "http.user_agent_contact = \"mailto:ops@example.org\"\n";

  const auto by_default = programs.run("sightingctl", {"inspect", missing});
  const auto refused = programs.run("sightingctl", {"--config", strict, "inspect", missing});
  const auto allowed =
      programs.run("sightingctl", {"--config", installation.config(), "inspect", missing});

  EXPECT_EQ(by_default.status, 70);
  EXPECT_THAT(by_default.err, HasSubstr("sandbox = \"best-effort\""));
  EXPECT_THAT(by_default.err, HasSubstr("a configuration that you name with --config"));
  EXPECT_EQ(refused.status, 70);
  EXPECT_THAT(refused.err, HasSubstr("sandbox = \"best-effort\""));
  // It gets as far as the file.
  EXPECT_EQ(allowed.status, 1);
  EXPECT_THAT(allowed.err, HasSubstr("missing.jpg cannot be read"));
}

TEST(CtlTest, InspectsNoTwoFilesOfOneNameIntoOneFolder) {
  const TemporaryDirectory directory;
  for (const char* folder : {"a", "b"}) {
    std::filesystem::create_directory(directory.path() / folder);
    std::ofstream(directory.path() / folder / "photo.jpg") << "no picture";
  }

  const auto inspected =
      run({program("sightingctl"), "inspect", directory.path() / "a/photo.jpg",
           directory.path() / "b/photo.jpg", "--stripped", directory.path() / "stripped"});

  EXPECT_EQ(inspected.status, 2);
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
