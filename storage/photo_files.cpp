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
#include <system_error>
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
  ++held_[photo].pins;
}

void PhotoFiles::unpin(const PhotoId& photo) {
  const std::lock_guard lock(mutex_);
  if (--held_.find(photo)->second.pins == 0) {
    // Nobody waits for this answer; what could not be removed goes at the next start.
    static_cast<void>(unlink_unless_named(photo));
  }
}

Result<void> PhotoFiles::remove(const PhotoId& photo) {
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(photo);
  if (found != held_.end() && found->second.pins > 0) {
    return {};
  }
  return unlink_unless_named(photo);
}

/// What is held of the photo is let go, unless rows name it that a power cut alone would bring
/// back.
Result<void> PhotoFiles::unlink_unless_named(const PhotoId& photo) {
  const Result<bool> named = is_named_(photo);
  if (!named) {
    return named.error();
  }
  if (!*named) {
    const Result<bool> durably_named = is_durably_named_(photo);
    if (!durably_named) {
      return durably_named.error();
    }
    if (*durably_named) {
      return {};
    }
    if (::unlinkat(folder_.get(), name_of(photo).c_str(), 0) != 0 && errno != ENOENT) {
      return system_error("remove a photo");
    }
  }
  held_.erase(photo);
  return {};
}

Result<bool> PhotoFiles::set_aside(const PhotoId& photo,
                                   const std::filesystem::path& folder) const {
  const auto opened = open_folder(folder);
  if (!opened) {
    return opened.error();
  }
  const std::string name = name_of(photo);
  const std::lock_guard lock(mutex_);
  const auto held = held_.find(photo);
  if (held != held_.end() && held->second.pins > 0) {
    return false;
  }
  if (::renameat(folder_.get(), name.c_str(), opened->get(), name.c_str()) != 0) {
    return errno == ENOENT ? Result<bool>(true) : system_error("set a photo aside");
  }
  for (const FileDescriptor* const changed : {&*opened, &folder_}) {
    if (auto synced = sync_folder(*changed); !synced) {
      return synced.error();
    }
  }
  return true;
}

Result<void> PhotoFiles::write(const PhotoId& photo, std::string_view bytes) {
  const std::string name = name_of(photo);
  std::string temporary;
  std::optional<SecretKey> key;
  {
    const std::lock_guard lock(mutex_);
    temporary = name + "." + std::to_string(next_temporary_++);
    Held& held = held_[photo];
    if (database_.is_sealed() && !held.is_clear) {
      // One key, however many stage the photo at once: any of their files may be the last.
      if (!held.key) {
        held.key = SecretKey::random();
      }
      key = held.key;
    }
  }
  const std::string content = record::encode_text(bytes);
  return replace(name, temporary, key ? sealing::seal_file(*key, name, content) : content);
}

Result<void> PhotoFiles::take_over(const PhotoFiles& from, const PhotoId& photo,
                                   const std::optional<SecretKey>& key) {
  const std::string name = name_of(photo);
  const std::lock_guard lock(mutex_);
  std::error_code error;
  std::filesystem::create_hard_link(from.directory_ / name, directory_ / name, error);
  if (error && error != std::errc::file_exists) {
    error.clear();
    std::filesystem::copy_file(from.directory_ / name, directory_ / name, error);
  }
  if (error && error != std::errc::file_exists) {
    return Error{ErrorCode::Storage, "cannot take over a photo: " + error.message()};
  }
  held_[photo].key = key;
  return {};
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

Result<void> PhotoFiles::hold_key(const PhotoId& photo, const std::optional<SecretKey>& key) {
  const std::lock_guard lock(mutex_);
  const auto clear = database_.has_clear_rows() ? is_clear(name_of(photo)) : Result<bool>(false);
  if (!clear) {
    return clear.error();
  }
  Held& held = held_[photo];
  held.is_clear = *clear;
  held.key = *clear ? std::nullopt : key;
  held_clear_file_ = held_clear_file_ || *clear;
  return {};
}

std::optional<SecretKey> PhotoFiles::held_key(const PhotoId& photo) const {
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(photo);
  return found == held_.end() ? std::nullopt : found->second.key;
}

Result<void> PhotoFiles::seal(const PhotoId& photo, const SecretKey& key) {
  const std::string name = name_of(photo);
  const std::lock_guard lock(mutex_);
  const auto clear = is_clear(name);
  if (!clear) {
    return clear.error();
  }
  if (!*clear) {
    return {};
  }
  const auto content = read_file(directory_ / name);
  if (!content) {
    return content.error();
  }
  return replace(name, name + "." + std::to_string(next_temporary_++),
                 sealing::seal_file(key, name, content->value_or("")));
}

/// False when there is no such file.
Result<bool> PhotoFiles::is_clear(const std::string& name) const {
  const auto beginning = read_file(directory_ / name, 1);
  if (!beginning) {
    return beginning.error();
  }
  return *beginning && !sealing::is_sealed(**beginning);
}

bool PhotoFiles::has_held_clear_files() {
  const std::lock_guard lock(mutex_);
  const bool held = std::exchange(held_clear_file_, false);
  held_clear_file_ =
      std::ranges::any_of(held_, [](const auto& entry) { return entry.second.is_clear; });
  return held || held_clear_file_;
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
    return Error{ErrorCode::Storage,
                 "a photo of the store is damaged: sightingctl check-store has it fetched again",
                 "damaged"};
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
