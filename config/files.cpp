#include "config/files.h"

#include "config/text/toml_document.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

namespace sightingd {

boost::system::result<std::vector<std::filesystem::path>, Diagnostic> parts_beside(
    const std::filesystem::path& file) {
  const std::filesystem::path folder = file.parent_path() / "conf.d";
  std::vector<std::filesystem::path> parts;
  std::error_code error;
  if (!std::filesystem::exists(folder, error) && !error) {
    return parts;
  }
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().native();
    if (name.ends_with(".toml") && !name.starts_with('.')) {
      parts.push_back(entry->path());
    }
  }
  if (error) {
    return Diagnostic{.place = {.file = folder.native()},
                      .problem = "cannot be read: " + error.message()};
  }
  std::ranges::sort(parts);
  return parts;
}

boost::system::result<std::string, Diagnostic> read_text(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) {
    return Diagnostic{.place = {.file = file.native()}, .problem = "is a folder, not a file"};
  }
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return Diagnostic{.place = {.file = file.native()},
                      .problem = "cannot be opened: " + std::generic_category().message(errno)};
  }
  std::string text;
  std::array<char, 16 * 1024> chunk;
  while (stream && text.size() <= kLongestTomlDocument) {
    stream.read(chunk.data(), chunk.size());
    text.append(chunk.data(), static_cast<std::size_t>(stream.gcount()));
  }
  if (stream.bad()) {
    return Diagnostic{.place = {.file = file.native()}, .problem = "cannot be read"};
  }
  return text;
}

}  // namespace sightingd
