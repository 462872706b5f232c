#include "examiner/picture_area.h"

#include "examiner/protocol.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace sightingd {
namespace {

constexpr std::size_t kWarm = 4U << 20U;  // More than most pictures.

Error cannot_share(int error) {
  return {
      .code = ErrorCode::Unavailable,
      .message = "cannot share memory with an examiner: " + std::generic_category().message(error),
      .reason = PictureArea::kNoMemory};
}

// Linux since 6.3, where some systems insist on it; Debian 12 does not declare it.
constexpr unsigned kNoExec = 0x8;

OwnedDescriptor create_memory() {
  OwnedDescriptor memory(::memfd_create("picture", MFD_CLOEXEC | MFD_ALLOW_SEALING | kNoExec));
  if (!memory.is_open() && errno == EINVAL) {
    memory = OwnedDescriptor(::memfd_create("picture", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  }
  return memory;
}

int allocate(int memory, int mode, std::size_t begin, std::size_t end) {
  int done = 0;
  do {
    done = ::fallocate(memory, mode, static_cast<off_t>(begin), static_cast<off_t>(end - begin));
  } while (done != 0 && errno == EINTR);
  return done;
}

}  // namespace

PictureArea::PictureArea(OwnedDescriptor memory, char* begin, std::size_t size)
    : memory_(std::move(memory)), begin_(begin), size_(size) {}

PictureArea::PictureArea(PictureArea&& other) noexcept
    : memory_(std::move(other.memory_)),
      begin_(std::exchange(other.begin_, nullptr)),
      size_(other.size_),
      reserved_(other.reserved_),
      used_(other.used_) {}

PictureArea::~PictureArea() {
  if (begin_ != nullptr) {
    ::munmap(begin_, size_);
  }
}

Result<PictureArea> PictureArea::create(std::uint64_t largest) {
  const std::size_t size = kPictureOffset + largest;
  OwnedDescriptor memory = create_memory();
  if (!memory.is_open() || ::ftruncate(memory.get(), static_cast<off_t>(size)) != 0 ||
      ::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return cannot_share(errno);
  }
  void* const begin = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
  if (begin == MAP_FAILED) {
    return cannot_share(errno);
  }
  return PictureArea(std::move(memory), static_cast<char*>(begin), size);
}

char* PictureArea::picture() const { return begin_ + kPictureOffset; }

Result<void> PictureArea::reserve(std::size_t bytes) {
  const std::size_t end = kPictureOffset + bytes;
  if (end <= reserved_) {
    return {};
  }
  if (end > size_) {
    return cannot_share(EFBIG);
  }
  if (allocate(memory_.get(), 0, reserved_, end) != 0) {
    return cannot_share(errno);
  }
  reserved_ = end;
  return {};
}

Result<void> PictureArea::put(std::string_view bytes) {
  if (auto reserved = reserve(bytes.size()); !reserved) {
    return reserved;
  }
  std::memcpy(picture(), bytes.data(), bytes.size());
  if (used_ > bytes.size()) {
    std::memset(picture() + bytes.size(), 0, used_ - bytes.size());
  }
  used_ = bytes.size();
  return {};
}

Result<bool> PictureArea::take(std::size_t size, std::string& bytes) {
  if (auto reserved = reserve(size); !reserved) {
    return reserved.error();
  }
  used_ = std::max(used_, size);
  const bool is_changed = size != bytes.size() || std::memcmp(picture(), bytes.data(), size) != 0;
  if (is_changed) {
    bytes.assign(picture(), size);
  }
  return is_changed;
}

void PictureArea::cool() {
  if (reserved_ > kWarm &&
      allocate(memory_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, kWarm, size_) == 0) {
    reserved_ = kWarm;
    used_ = std::min(used_, kWarm - kPictureOffset);
  }
}

}  // namespace sightingd
