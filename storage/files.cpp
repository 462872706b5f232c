#include "storage/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace sightingd {
namespace {

/// Makes the name of a new folder survive a crash.
Result<void> sync_parent(const std::filesystem::path& path) {
  const std::filesystem::path named =
      std::filesystem::path(path / "").parent_path().parent_path();  // With or without a last `/`.
  const std::filesystem::path parent = named.empty() ? "." : named;
  const FileDescriptor folder(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) {
    return system_error("open the folder of the store");
  }
  return sync_folder(folder);
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Error no_space(std::string_view doing) {
  return {ErrorCode::Storage,
          std::string("cannot ").append(doing).append(
              ": no space is left on the disk of the store: make some, and it goes on by itself"),
          "no-space"};
}

Error system_error(std::string_view doing) {
  if (errno == ENOSPC || errno == EDQUOT) {
    return no_space(doing);
  }
  const std::string why = std::generic_category().message(errno);
  return {ErrorCode::Storage, std::string("cannot ").append(doing).append(": ").append(why)};
}

Result<FileDescriptor> open_folder(const std::filesystem::path& path) {
  const bool is_new = ::mkdir(path.c_str(), 0700) == 0;
  if (!is_new && errno != EEXIST) {
    return system_error("create a folder of the store");
  }
  if (is_new) {
    if (auto synced = sync_parent(path); !synced) {
      return synced.error();
    }
  }
  FileDescriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) {
    return system_error("open a folder of the store");
  }
  return folder;
}

Result<std::optional<FileDescriptor>> lock_file(const std::filesystem::path& path) {
  FileDescriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!lock) {
    return system_error("open a lock of the store");
  }
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) {
    return std::optional(std::move(lock));
  }
  if (errno == EWOULDBLOCK) {
    return std::optional<FileDescriptor>();
  }
  return system_error("lock the store");
}

Result<void> write_new_file(const std::filesystem::path& path, std::string_view content) {
  const FileDescriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) {
    return system_error("create a file of the store");
  }
  while (!content.empty()) {
    const ssize_t written = ::write(file.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written < 0) {
      return system_error("write a file of the store");
    }
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fdatasync(file.get()) != 0) {
    return system_error("write a file of the store");
  }
  return {};
}

Result<std::optional<std::string>> read_file(const std::filesystem::path& path, std::size_t most) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file) {
    if (errno == ENOENT) {
      return std::optional<std::string>();
    }
    return system_error("open a file of the store");
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) {
    return system_error("read a file of the store");
  }
  std::string content(std::min(static_cast<std::size_t>(status.st_size), most), '\0');
  std::size_t filled = 0;
  while (filled < content.size()) {
    const ssize_t count = ::read(file.get(), content.data() + filled, content.size() - filled);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return system_error("read a file of the store");
    }
    if (count == 0) {
      break;
    }
    filled += static_cast<std::size_t>(count);
  }
  content.resize(filled);
  return std::optional(std::move(content));
}

Result<void> sync_folder(const FileDescriptor& folder) {
  if (::fsync(folder.get()) != 0) {
    return system_error("write a folder of the store");
  }
  return {};
}

}  // namespace sightingd
