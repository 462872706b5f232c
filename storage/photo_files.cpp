#include "storage/photo_files.h"

#include "pipeline/hex.h"
#include "storage/encoding/record.h"
#include "storage/tables.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <span>
#include <utility>

namespace sightingd {

PhotoFiles::PhotoFiles(std::filesystem::path directory, FileDescriptor folder, const Sealer& sealer,
                       const LookupHasher& hasher, IsNamed is_named)
    : directory_(std::move(directory)),
      folder_(std::move(folder)),
      sealer_(sealer),
      hasher_(hasher),
      is_named_(std::move(is_named)),
      is_durably_named_(is_named_) {}

void PhotoFiles::keep_while(IsNamed is_durably_named) {
  const std::lock_guard lock(mutex_);
  is_durably_named_ = std::move(is_durably_named);
}

void PhotoFiles::pin(const PhotoId& photo) {
  const std::lock_guard lock(mutex_);
  ++pins_[photo];
}

void PhotoFiles::unpin(const PhotoId& photo) {
  const std::lock_guard lock(mutex_);
  const auto found = pins_.find(photo);
  if (--found->second > 0) {
    return;
  }
  pins_.erase(found);
  // Nobody waits for this answer; what could not be removed goes at the next start.
  static_cast<void>(unlink_unless_named(photo));
}

Result<void> PhotoFiles::remove(const PhotoId& photo) {
  const std::lock_guard lock(mutex_);
  if (pins_.contains(photo)) {
    return {};
  }
  return unlink_unless_named(photo);
}

Result<void> PhotoFiles::unlink_unless_named(const PhotoId& photo) {
  for (const IsNamed* const asked : {&is_named_, &std::as_const(is_durably_named_)}) {
    const Result<bool> named = (*asked)(photo);
    if (!named) {
      return named.error();
    }
    if (*named) {
      return {};
    }
  }
  if (::unlinkat(folder_.get(), name_of(photo).c_str(), 0) != 0 && errno != ENOENT) {
    return system_error("remove a photo");
  }
  return {};
}

Result<void> PhotoFiles::write(const PhotoId& photo, std::string_view bytes) {
  const std::string name = name_of(photo);
  std::string temporary;
  {
    const std::lock_guard lock(mutex_);
    temporary = name + "." + std::to_string(next_temporary_++);
  }
  const std::string sealed = sealer_.seal(name, record::encode_text(bytes));
  if (auto written = write_new_file(directory_ / temporary, sealed); !written) {
    ::unlinkat(folder_.get(), temporary.c_str(), 0);
    return written;
  }
  if (::renameat(folder_.get(), temporary.c_str(), folder_.get(), name.c_str()) != 0) {
    return system_error("name a photo");
  }
  return sync_folder(folder_);
}

Result<std::optional<std::string>> PhotoFiles::read(const PhotoId& photo) const {
  const std::string name = name_of(photo);
  const auto sealed = read_file(directory_ / name);
  if (!sealed) {
    return sealed.error();
  }
  if (!*sealed) {
    return std::optional<std::string>();
  }
  std::string scratch;
  const auto value = sealer_.open(name, **sealed, scratch);
  if (!value) {
    return Error{ErrorCode::Storage, "a photo of the store is damaged", "damaged"};
  }
  auto bytes = record::decode_text(*value);
  if (!bytes) {
    return bytes.error();
  }
  return std::optional(std::move(*bytes));
}

std::string PhotoFiles::name_of(const PhotoId& photo) const {
  const LookupHash hash = hasher_(lookup::kPhoto, photo.text());
  return hex_of(
      std::span(reinterpret_cast<const std::uint8_t*>(hash.bytes.data()), hash.bytes.size()));
}

Result<void> PhotoFiles::keep_only(const std::vector<std::string>& names) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(directory_.c_str()), &::closedir);
  if (!folder) {
    return system_error("read a folder of the store");
  }
  for (errno = 0; const dirent* entry = ::readdir(folder.get()); errno = 0) {
    const std::string_view name(entry->d_name);
    if (name == "." || name == ".." || std::ranges::binary_search(names, name)) {
      continue;
    }
    if (::unlinkat(folder_.get(), entry->d_name, 0) != 0) {
      return system_error("remove a photo that nothing names");
    }
  }
  if (errno != 0) {
    return system_error("read a folder of the store");
  }
  return {};
}

}  // namespace sightingd
