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

PhotoFiles::PhotoFiles(std::filesystem::path directory, FileDescriptor folder,
                       const Database& database, const LookupHasher& hasher, IsNamed is_named)
    : directory_(std::move(directory)),
      folder_(std::move(folder)),
      database_(database),
      hasher_(hasher),
      is_named_(std::move(is_named)),
      is_durably_named_(is_named_) {}

void PhotoFiles::keep_while(IsNamed is_durably_named) {
  const std::lock_guard lock(mutex_);
  is_durably_named_ = std::move(is_durably_named);
}

void PhotoFiles::pin(const PhotoId& photo) {
  const std::lock_guard lock(mutex_);
  ++pins_[photo].count;
}

void PhotoFiles::unpin(const PhotoId& photo) {
  const std::lock_guard lock(mutex_);
  const auto found = pins_.find(photo);
  if (--found->second.count > 0) {
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
  std::optional<SecretKey> key;
  {
    const std::lock_guard lock(mutex_);
    temporary = name + "." + std::to_string(next_temporary_++);
    if (database_.is_sealed()) {
      // One key, however many stage the photo at once: any of their files may be the last.
      std::optional<SecretKey>& pinned = pins_[photo].key;
      if (!pinned) {
        pinned = SecretKey::random();
      }
      key = pinned;
    }
  }
  const std::string content = record::encode_text(bytes);
  return replace(name, temporary, key ? sealing::seal_file(*key, name, content) : content);
}

/// Puts a new file in the place of another, or of none.
Result<void> PhotoFiles::replace(const std::string& name, const std::string& temporary,
                                 std::string_view content) {
  if (auto written = write_new_file(directory_ / temporary, content); !written) {
    ::unlinkat(folder_.get(), temporary.c_str(), 0);
    return written;
  }
  if (::renameat(folder_.get(), temporary.c_str(), folder_.get(), name.c_str()) != 0) {
    return system_error("name a photo");
  }
  return sync_folder(folder_);
}

std::optional<SecretKey> PhotoFiles::pinned_key(const PhotoId& photo) const {
  const std::lock_guard lock(mutex_);
  const auto found = pins_.find(photo);
  return found == pins_.end() ? std::nullopt : found->second.key;
}

void PhotoFiles::keep_key_while_pinned(const PhotoId& photo, const SecretKey& key) {
  const std::lock_guard lock(mutex_);
  const auto found = pins_.find(photo);
  if (found != pins_.end()) {
    found->second.key = key;
  }
}

Result<void> PhotoFiles::seal(const PhotoId& photo, const SecretKey& key) {
  const std::string name = name_of(photo);
  const std::lock_guard lock(mutex_);
  const auto content = read_file(directory_ / name);
  if (!content) {
    return content.error();
  }
  if (!*content || sealing::is_sealed(**content)) {
    return {};
  }
  return replace(name, name + "." + std::to_string(next_temporary_++),
                 sealing::seal_file(key, name, **content));
}

Result<std::optional<std::string>> PhotoFiles::read(const PhotoId& photo,
                                                    const std::optional<SecretKey>& key) const {
  const std::string name = name_of(photo);
  auto stored = read_file(directory_ / name);
  if (!stored) {
    return stored.error();
  }
  if (!*stored) {
    return std::optional<std::string>();
  }
  std::string content;
  const bool may_be_clear = !database_.is_sealed() || database_.has_clear_rows();
  if (may_be_clear && !sealing::is_sealed(**stored)) {
    content = std::move(**stored);
  } else if (!key || !sealing::open_file(*key, name, **stored, content)) {
    return Error{ErrorCode::Storage, "a photo of the store is damaged", "damaged"};
  }
  auto bytes = record::decode_text(content);
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

/// Calls `use` with the name of each file, until it says false or fails.
Result<void> PhotoFiles::for_each_file(
    const std::function<Result<bool>(const std::string&)>& use) const {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(directory_.c_str()), &::closedir);
  if (!folder) {
    return system_error("read a folder of the store");
  }
  for (errno = 0; const dirent* entry = ::readdir(folder.get()); errno = 0) {
    const std::string name(entry->d_name);
    if (name == "." || name == "..") {
      continue;
    }
    const auto goes_on = use(name);
    if (!goes_on) {
      return goes_on.error();
    }
    if (!*goes_on) {
      return {};
    }
  }
  if (errno != 0) {
    return system_error("read a folder of the store");
  }
  return {};
}

Result<void> PhotoFiles::keep_only(const std::vector<std::string>& names) {
  return for_each_file([&](const std::string& name) -> Result<bool> {
    if (!std::ranges::binary_search(names, name) &&
        ::unlinkat(folder_.get(), name.c_str(), 0) != 0) {
      return system_error("remove a photo that nothing names");
    }
    return true;
  });
}

Result<bool> PhotoFiles::all_are_sealed() const {
  bool all = true;
  const auto looked = for_each_file([&](const std::string& name) -> Result<bool> {
    const auto beginning = read_file(directory_ / name, 1);
    if (!beginning) {
      return beginning.error();
    }
    all = !*beginning || sealing::is_sealed(**beginning);
    return all;
  });
  if (!looked) {
    return looked.error();
  }
  return all;
}

}  // namespace sightingd
