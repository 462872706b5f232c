#pragma once

#include <filesystem>
#include <system_error>

namespace sightingd::test {

/// Copies the folder of a store that is open: a file of its database may go meanwhile, which it
/// needs no more; then all is copied again.
inline void copy_while_open(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code error;
  do {
    std::filesystem::remove_all(to);
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive, error);
  } while (error == std::errc::no_such_file_or_directory);
  if (error) {
    throw std::filesystem::filesystem_error("cannot copy a store", from, to, error);
  }
}

}  // namespace sightingd::test
