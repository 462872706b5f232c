#include "storage/synced_mark.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace sightingd {
namespace {

// The number, and its complement: half a mark is none. In the machine's own byte order.
using Content = std::array<std::uint64_t, 2>;

bool is_mark(const Content& content, ssize_t size) {
  return size == sizeof(content) && content[0] == ~content[1];
}

}  // namespace

Result<SyncedMark> SyncedMark::open(const std::filesystem::path& path) {
  SyncedMark mark(
      FileDescriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)));
  if (!mark.file_) {
    return system_error("open a file of the store");
  }
  Content content{};
  const ssize_t size = ::pread(mark.file_.get(), content.data(), sizeof(content), 0);
  if (size < 0) {
    return system_error("read a file of the store");
  }
  if (is_mark(content, size)) {
    mark.reached_ = content[0];
  }
  return mark;
}

std::optional<std::uint64_t> SyncedMark::read(const std::filesystem::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  Content content{};
  const ssize_t size = file ? ::pread(file.get(), content.data(), sizeof(content), 0) : -1;
  return is_mark(content, size) ? std::optional(content[0]) : std::nullopt;
}

Result<void> SyncedMark::advance(std::uint64_t sequence) {
  const Content content{sequence, ~sequence};
  if (::pwrite(file_.get(), content.data(), sizeof(content), 0) != sizeof(content)) {
    return system_error("write a file of the store");
  }
  reached_ = sequence;
  return {};
}

}  // namespace sightingd
