#pragma once

#include "config/config_file.h"
#include "tests/support/temporary_directory.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd::test {

/// A configuration on disk: `sightingd.toml` and what else a test writes beside it.
class Configuration {
 public:
  void write(const std::string& name, std::string_view text) const {
    const std::filesystem::path path = folder_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  void set_variable(const std::string& name, const std::string& value) { variables_[name] = value; }

  std::filesystem::path path(const std::string& name = "sightingd.toml") const {
    return folder_.path() / name;
  }

  LoadResult load(Purpose purpose = Purpose::Run) const {
    return load_settings(path(), environment(), purpose);
  }
  /// Writes `text` as the one file and loads it.
  LoadResult load(std::string_view text) const {
    write("sightingd.toml", text);
    return load();
  }

  /// The lines that an operator reads, without the folder in front.
  std::vector<std::string> lines(const std::vector<Diagnostic>& diagnostics,
                                 Audience audience = Audience::Operator) const {
    std::vector<std::string> result;
    for (const Diagnostic& diagnostic : diagnostics) {
      std::string line = render(diagnostic, audience);
      const std::string folder = folder_.path().native() + '/';
      for (std::size_t at = line.find(folder); at != std::string::npos; at = line.find(folder)) {
        line.erase(at, folder.size());
      }
      result.push_back(line);
    }
    return result;
  }

 private:
  Environment environment() const {
    return [variables = variables_](std::string_view name) -> std::optional<std::string> {
      const auto found = variables.find(std::string(name));
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
  }

  TemporaryDirectory folder_;
  std::map<std::string, std::string> variables_;
};

/// The least that a configuration must hold.
inline constexpr std::string_view kLeast = R"(http.user_agent_contact = "mailto:ops@example.org"
)";

/// A source and a watch besides.
inline constexpr std::string_view kSmall = R"(http.user_agent_contact = "mailto:ops@example.org"
[[source]]
name = "main"
kind = "mastodon"
url = "https://mastodon.example"
[[watch]]
source = "main"
hashtag = "#Birds"
)";

}  // namespace sightingd::test
