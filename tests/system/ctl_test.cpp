#include "tests/system/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace sightingd::test
