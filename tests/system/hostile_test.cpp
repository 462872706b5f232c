// Files that are made to break their reader, through the real program and its sandboxed examiner.
#include "pipeline/image/format/kind.h"
#include "pipeline/image/verify/verify.h"
#include "tests/support/hostile/hostile_files.h"
#include "tests/system/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sightingd::test {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// "stored", why it was rejected, or "not_an_image".
std::string outcome_of(const std::string& line) {
  rapidjson::Document image;
  image.Parse(line.data(), line.size());
  if (!image.IsObject()) {
    return line;
  }
  return image["reason"].IsString() ? image["reason"].GetString() : image["status"].GetString();
}

/// Files in a folder, and what `sightingctl inspect` makes of them.
class Inspected {
 public:
  explicit Inspected(const std::vector<HostileFile>& files, const std::string& configuration = {}) {
    command_ = {program("sightingctl"), "inspect", "--stripped", stripped()};
    if (!configuration.empty()) {
      const auto path = directory_.path() / "sightingd.toml";
      std::ofstream(path) << configuration;
      command_.insert(command_.begin() + 1, {"--config", path});
    }
    std::filesystem::create_directory(directory_.path() / "files");
    std::vector<std::string> paths;
    for (const HostileFile& file : files) {
      paths.push_back(directory_.path() / "files" / file.name);
      std::ofstream(paths.back(), std::ios::binary) << file.bytes;
    }
    constexpr std::size_t kPathsOfACommand = 5'000;
    for (std::size_t at = 0; at < paths.size(); at += kPathsOfACommand) {
      inspect({paths.begin() + static_cast<std::ptrdiff_t>(at),
               paths.begin() +
                   static_cast<std::ptrdiff_t>(std::min(at + kPathsOfACommand, paths.size()))});
    }
  }

  const std::vector<std::string>& outcomes() const { return outcomes_; }
  std::string stripped_file(const std::string& name) const { return read_file(stripped() / name); }

 private:
  std::filesystem::path stripped() const { return directory_.path() / "stripped"; }

  void inspect(const std::vector<std::string>& paths) {
    std::vector<std::string> command = command_;
    command.insert(command.end(), paths.begin(), paths.end());
    const Finished finished = run(std::move(command), std::chrono::minutes(10));
    EXPECT_EQ(finished.status, 0) << finished.err;
    std::istringstream lines(finished.out);
    for (std::string line; std::getline(lines, line);) {
      outcomes_.push_back(outcome_of(line));
    }
  }

  TemporaryDirectory directory_;
  std::vector<std::string> command_;
  std::vector<std::string> outcomes_;
};

// Whoever verifies a file knows how it is turned; here any turn will do.
bool holds_only_a_picture(std::string_view bytes) {
  const auto kind = recognise(bytes);
  const auto* known = std::get_if<ImageKind>(&kind);
  for (int turn = 1; turn <= 8 && known != nullptr; ++turn) {
    if (holds_only_the_picture(*known, bytes, static_cast<Orientation>(turn))) {
      return true;
    }
  }
  return false;
}

bool is_image(const HostileFile& file) {
  return !std::holds_alternative<NotAnImage>(recognise(file.bytes));
}

class HostileTest : public testing::TestWithParam<HostileSet> {};

INSTANTIATE_TEST_SUITE_P(Of, HostileTest, testing::ValuesIn(hostile_sets()),
                         [](const auto& set) { return set.param.name; });

// Neither crashed nor timeout: those are for what nobody thought of.
TEST_P(HostileTest, EveryFileIsStoredBareOrRejectedForAReason) {
  const std::vector<std::string> reasons{"unknown_format", "unsupported_variant", "malformed",
                                         "too_large",      "too_many_pixels",     "too_many_frames",
                                         "bomb",           "unstrippable"};
  const std::vector<HostileFile> files = GetParam().files();

  const Inspected inspected(files);

  ASSERT_EQ(inspected.outcomes().size(), files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    const HostileFile& file = files[i];
    const std::string& outcome = inspected.outcomes()[i];
    EXPECT_TRUE(file.outcome.empty() || outcome == file.outcome) << file.name << ": " << outcome;
    if (outcome == "stored") {
      const std::string bytes = inspected.stripped_file(file.name);
      EXPECT_TRUE(holds_only_a_picture(bytes)) << file.name;
      EXPECT_EQ(bytes.find("LEAK"), std::string::npos) << file.name;
    } else {
      EXPECT_TRUE(std::ranges::count(reasons, outcome) == 1 ||
                  (outcome == "not_an_image" && !is_image(file)))
          << file.name << ": " << outcome;
    }
  }
}

// A baseline one is reduced while it is decoded, row by row: its pixels are never in memory.
TEST(LargestPhotoTest, IsStoredWhereTheConfigurationAllowsItAndItIsNotProgressive) {
  const std::string allows =
      "http.user_agent_contact = \"mailto:ops@example.org\"\nmedia.max_pixels = \"200MP\"\n";

  EXPECT_THAT(Inspected(largest_photos()).outcomes(),
              testing::ElementsAre("too_many_pixels", "too_many_pixels"));
  EXPECT_THAT(Inspected(largest_photos(), allows).outcomes(),
              testing::ElementsAre("stored", "bomb"));
}

}  // namespace
}  // namespace sightingd::test
