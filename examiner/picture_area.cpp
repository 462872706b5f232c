#include "examiner/picture_area.h"

#include "examiner/protocol.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace sightingd {
namespace {

constexpr std::size_t kWarm = 1U << 20U;  // More than a usual picture.

Error no_memory(int error) {
  return {
      .code = ErrorCode::Unavailable,
      .message = "no memory to share with an examiner: " + std::generic_category().message(error),
      .reason = "examiner_memory"};
}

}  // namespace

PictureArea::PictureArea(OwnedDescriptor memory, char* begin, std::size_t size)
    : memory_(std::move(memory)), begin_(begin), size_(size) {}

PictureArea::PictureArea(PictureArea&& other) noexcept
    : memory_(std::move(other.memory_)),
      begin_(std::exchange(other.begin_, nullptr)),
      size_(other.size_),
      reserved_(other.reserved_) {}

PictureArea::~PictureArea() {
  if (begin_ != nullptr) {
    ::munmap(begin_, size_);
  }
}

Result<PictureArea> PictureArea::create(std::uint64_t largest) {
  const std::size_t size = kPictureOffset + largest;
  OwnedDescriptor memory(::memfd_create("picture", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory.is_open() || ::ftruncate(memory.get(), static_cast<off_t>(size)) != 0 ||
      ::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return no_memory(errno);
  }
  void* const begin = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
  if (begin == MAP_FAILED) {
    return no_memory(errno);
  }
  return PictureArea(std::move(memory), static_cast<char*>(begin), size);
}

Result<void> PictureArea::reserve(std::size_t bytes) {
  const std::size_t end = kPictureOffset + bytes;
  if (end <= reserved_) {
    return {};
  }
  if (end > size_) {
    return no_memory(EFBIG);
  }
  if (::fallocate(memory_.get(), 0, 0, static_cast<off_t>(end)) != 0) {
    return no_memory(errno);
  }
  reserved_ = end;
  return {};
}

Result<void> PictureArea::put(std::string_view picture) {
  if (auto reserved = reserve(picture.size()); !reserved) {
    return reserved;
  }
  std::memcpy(begin_ + kPictureOffset, picture.data(), picture.size());
  return {};
}

bool PictureArea::holds(std::string_view picture, std::size_t size) const {
  return size == picture.size() && kPictureOffset + size <= reserved_ &&
         std::memcmp(begin_ + kPictureOffset, picture.data(), size) == 0;
}

Result<void> PictureArea::take(std::size_t size, std::string& copy) {
  if (auto reserved = reserve(size); !reserved) {
    return reserved;
  }
  copy.assign(begin_ + kPictureOffset, size);
  return {};
}

void PictureArea::cool() {
  if (reserved_ > kWarm && ::fallocate(memory_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                       kWarm, static_cast<off_t>(size_ - kWarm)) == 0) {
    reserved_ = kWarm;
  }
}

}  // namespace sightingd
