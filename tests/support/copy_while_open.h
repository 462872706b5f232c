#pragma once

#include <filesystem>
#include <set>
#include <system_error>

namespace sightingd::test {

/// The files and folders that lie in `folder`, however deep.
inline std::set<std::filesystem::path> names_in(const std::filesystem::path& folder) {
  std::set<std::filesystem::path> names;
  std::error_code gone;
  for (std::filesystem::recursive_directory_iterator at(folder, gone), end; at != end;
       at.increment(gone)) {
    names.insert(at->path());
  }
  return names;
}

/// Copies the folder of a store that is open. Files of its database may come and go meanwhile, and
/// a list of tables be copied that names another one: then all is copied again.
inline void copy_while_open(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code error;
  std::set<std::filesystem::path> before;
  do {
    before = names_in(from);
    std::filesystem::remove_all(to);
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive, error);
  } while (error == std::errc::no_such_file_or_directory || names_in(from) != before);
  if (error) {
    throw std::filesystem::filesystem_error("cannot copy a store", from, to, error);
  }
}

}  // namespace sightingd::test
