#pragma once

#include "pipeline/result.h"

#include <cstddef>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// A file descriptor that closes itself.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  ~FileDescriptor();
  FileDescriptor(FileDescriptor&& other) noexcept;
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;

  int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

/// An error of the operating system, from errno. `doing` completes "cannot ...".
/// Its reason is "no-space" when the disk is full.
Error system_error(std::string_view doing);

/// The disk is full.
Error no_space(std::string_view doing);

/// Opens a folder, creating it with mode 0700 when absent.
Result<FileDescriptor> open_folder(const std::filesystem::path& path);

/// Opens a file, made with mode 0600 when absent, and locks it for as long as it is open. Nothing
/// when another process has it locked.
Result<std::optional<FileDescriptor>> lock_file(const std::filesystem::path& path);

/// Writes a new file of mode 0600 and syncs it, not its name in the folder.
Result<void> write_new_file(const std::filesystem::path& path, std::string_view content);

/// The first `most` bytes; nothing when there is no such file.
Result<std::optional<std::string>> read_file(
    const std::filesystem::path& path, std::size_t most = std::numeric_limits<std::size_t>::max());

/// Makes names in the folder survive a power cut.
Result<void> sync_folder(const FileDescriptor& folder);

}  // namespace sightingd
