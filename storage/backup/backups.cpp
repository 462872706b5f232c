#include "storage/backup/backups.h"

#include "pipeline/hex.h"
#include "storage/sealing/sealed_copy.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace sightingd {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = "backup";
constexpr const char* kRows = "rows";
// After the rows: the audit log is ahead of the head that they hold, never behind it.
constexpr const char* kAuditLog = "audit/audit.log";
constexpr const char* kFormat = "format";
constexpr std::array<std::string_view, 2> kFolders = {"photos/", "audit/reasons/"};

Result<std::string> new_id() {
  std::array<std::uint8_t, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return Error{ErrorCode::Storage, "there is no randomness for the name of a backup"};
  }
  return hex_of(bytes);
}

/// Another one when the file has become another: they are written once and then renamed.
std::string stamp_of(const struct stat& status) {
  return std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec) +
         "-" + std::to_string(status.st_size);
}

struct CopiedFile {
  std::string name;  ///< Of the store.
  fs::path path;     ///< Where it lies now.
  std::uint64_t bytes = 0;
  std::string stamp;
};

Result<CopiedFile> look_at(std::string name, fs::path path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return system_error("look at a file that is copied");
  }
  return CopiedFile{.name = std::move(name),
                    .path = std::move(path),
                    .bytes = static_cast<std::uint64_t>(status.st_size),
                    .stamp = stamp_of(status)};
}

/// All that the sealed objects are made of.
Result<std::vector<CopiedFile>> files_to_seal(const fs::path& store, const fs::path& rows) {
  std::vector<CopiedFile> files;
  std::error_code error;
  for (fs::directory_iterator entry(rows, error), end; !error && entry != end;
       entry.increment(error)) {
    auto file =
        look_at(std::string(kRows) + "/" + entry->path().filename().string(), entry->path());
    if (!file) {
      return file.error();
    }
    files.push_back(std::move(*file));
  }
  if (error) {
    return Error{ErrorCode::Storage, "cannot read a folder of the store: " + error.message()};
  }
  for (const char* const name : {kAuditLog, kFormat}) {
    auto file = look_at(name, store / name);
    if (!file) {
      return file.error();
    }
    files.push_back(std::move(*file));
  }
  return files;
}

/// The key of a held object that is this very file, if there is one.
record::BackupObjectKey* find_held(record::BackupKeyList& list, const CopiedFile& file,
                                   const std::set<std::string, std::less<>>& held) {
  const auto found = std::ranges::find_if(list.objects, [&](const record::BackupObjectKey& key) {
    return key.file == file.name && key.stamp == file.stamp && held.contains(key.id);
  });
  return found == list.objects.end() ? nullptr : &*found;
}

/// Nothing is never, and so later than any time.
std::optional<TimePoint> later(const std::optional<TimePoint>& one,
                               const std::optional<TimePoint>& other) {
  return one && other ? std::optional(std::max(*one, *other)) : std::nullopt;
}

}  // namespace

Result<void> remove_cut_short_backup(const fs::path& store) {
  std::error_code error;
  fs::remove_all(store / kFolder, error);
  if (error) {
    return Error{ErrorCode::Storage,
                 "cannot remove what a backup has left in the store: " + error.message()};
  }
  return {};
}

Backups::Backups(fs::path store, const StoreParts& parts, const DurableMoment& durable,
                 std::uint64_t keep_free)
    : store_(std::move(store)),
      folder_(store_ / kFolder),
      parts_(parts),
      durable_(durable),
      keep_free_(keep_free) {}

Result<void> Backups::is_possible() const {
  const Database& database = *parts_.database;
  if (!database.is_sealed()) {
    return Error{ErrorCode::Unavailable,
                 "The store is not encrypted: what is erased could be read from a backup for ever. "
                 "Name a key in store.encryption_key first."};
  }
  if (database.has_clear_rows()) {
    return Error{ErrorCode::Unavailable,
                 "The store is still being encrypted; a backup can be made when that is done."};
  }
  return {};
}

Result<BackupList> Backups::begin(const std::set<std::string, std::less<>>& held, TimePoint now,
                                  std::optional<std::chrono::seconds> keep) {
  if (auto possible = is_possible(); !possible) {
    return possible.error();
  }
  const std::lock_guard lock(mutex_);
  if (auto removed = remove_cut_short_backup(store_); !removed) {
    return removed.error();
  }
  // Erasures wait for whoever looks at an older state.
  const Moment held_moment = durable_.get();
  auto plan = copy(held, now, keep);
  std::error_code error;
  fs::remove_all(plan ? folder_ / kRows : folder_, error);
  if (error && plan) {
    static_cast<void>(remove_cut_short_backup(store_));
    return Error{ErrorCode::Storage, "cannot remove a copy of the rows: " + error.message()};
  }
  return plan;
}

Result<BackupList> Backups::copy(const std::set<std::string, std::less<>>& held, TimePoint now,
                                 std::optional<std::chrono::seconds> keep) {
  if (auto made = open_folder(folder_); !made) {
    return made.error();
  }
  const SecretKey store_key = parts_.backup_keys->store_key();
  if (auto made = parts_.database->checkpoint(folder_ / kRows); !made) {
    return made.error();
  }
  const auto files = files_to_seal(store_, folder_ / kRows);
  if (!files) {
    return files.error();
  }
  auto id = new_id();
  if (!id) {
    return id.error();
  }
  BackupList plan{.id = std::move(*id), .made_at = now, .expires_at = {}, .objects = {}};
  if (keep) {
    plan.expires_at = now + *keep;
  }
  const auto seal_and_list = [&](record::BackupKeyList& list) -> Result<void> {
    drop_expired(list, now);
    std::uint64_t bytes = 0;
    for (const CopiedFile& file : *files) {
      bytes += find_held(list, file, held) == nullptr ? file.bytes : 0;
    }
    if (auto fits = check_space(bytes); !fits) {
      return fits;
    }
    for (const CopiedFile& file : *files) {
      if (record::BackupObjectKey* const known = find_held(list, file, held)) {
        known->expires_at = later(known->expires_at, plan.expires_at);
        plan.objects.push_back({.id = known->id, .file = file.name});
        continue;
      }
      auto object = new_id();
      if (!object) {
        return object.error();
      }
      record::BackupObjectKey key{.id = *object,
                                  .key = SecretKey::random(),
                                  .file = file.name,
                                  .stamp = file.stamp,
                                  .expires_at = plan.expires_at};
      const auto size = sealed_copy::seal(file.path, folder_ / *object, key.key);
      if (!size) {
        return size.error();
      }
      plan.objects.push_back({.id = std::move(*object), .file = file.name, .bytes = *size});
      list.objects.push_back(std::move(key));
    }
    list.backups.push_back(
        {.id = plan.id, .made_at = now, .expires_at = plan.expires_at, .store_key = store_key});
    return {};
  };
  if (auto listed = parts_.backup_keys->change(seal_and_list); !listed) {
    return listed.error();
  }
  return plan;
}

Result<void> Backups::check_space(std::uint64_t bytes) const {
  struct statvfs status {};
  if (::statvfs(store_.c_str(), &status) != 0) {
    return system_error("look how much space is left");
  }
  const std::uint64_t free = std::uint64_t{status.f_bavail} * status.f_frsize;
  if (free < keep_free_ + bytes) {
    return Error{ErrorCode::Storage,
                 "a backup needs " + std::to_string((bytes >> 20U) + 1) +
                     " MiB on the disk of the store beside store.keep_free, and " +
                     std::to_string(free >> 20U) + " MiB are free: make space",
                 "no-space"};
  }
  return {};
}

Result<std::optional<FileDescriptor>> Backups::object(std::string_view id) const {
  if (!is_backup_id(id)) {
    return std::optional<FileDescriptor>();
  }
  FileDescriptor file(::open((folder_ / id).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file && errno != ENOENT) {
    return system_error("open a file of a backup");
  }
  return file ? std::optional(std::move(file)) : std::nullopt;
}

void Backups::end() {
  const std::lock_guard lock(mutex_);
  // What stays goes with the next backup, or at the next opening.
  static_cast<void>(remove_cut_short_backup(store_));
}

struct Backups::Files::Walk {
  struct Close {
    void operator()(DIR* folder) const { ::closedir(folder); }
  };
  fs::path store;
  std::size_t next_folder = 0;
  std::string_view prefix;
  std::unique_ptr<DIR, Close> folder;

  /// False at the end of all folders.
  Result<bool> open_next() {
    if (next_folder == kFolders.size()) {
      return false;
    }
    prefix = kFolders.at(next_folder++);
    folder.reset(::opendir((store / prefix).c_str()));
    if (!folder && errno != ENOENT) {
      return system_error("read a folder of the store");
    }
    return true;
  }

  Result<std::optional<ListedFile>> look_at(const dirent& entry) const {
    ListedFile file{.name = std::string(prefix) + entry.d_name, .stamp = {}};
    struct stat status {};
    if (!is_backup_file_name(file.name)) {
      return std::optional<ListedFile>();  // Also one that is just being written.
    }
    if (::fstatat(::dirfd(folder.get()), entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      return errno == ENOENT ? Result<std::optional<ListedFile>>(std::nullopt)
                             : system_error("look at a file of the store");
    }
    if (!S_ISREG(status.st_mode)) {
      return std::optional<ListedFile>();
    }
    file.bytes = static_cast<std::uint64_t>(status.st_size);
    file.stamp = stamp_of(status);
    return std::optional(std::move(file));
  }
};

Backups::Files::Files(std::unique_ptr<Walk> walk) : walk_(std::move(walk)) {}
Backups::Files::~Files() = default;
Backups::Files::Files(Files&&) noexcept = default;

Result<std::optional<ListedFile>> Backups::Files::next() {
  for (;;) {
    errno = 0;
    const dirent* const entry =
        walk_->folder ? ::readdir(walk_->folder.get()) : nullptr;  // NOLINT(concurrency-mt-unsafe)
    if (entry == nullptr) {
      if (walk_->folder && errno != 0) {
        return system_error("read a folder of the store");
      }
      const auto opened = walk_->open_next();
      if (!opened) {
        return opened.error();
      }
      if (!*opened) {
        return std::optional<ListedFile>();
      }
      continue;
    }
    auto file = walk_->look_at(*entry);
    if (!file || *file) {
      return file;
    }
  }
}

Backups::Files Backups::files() const {
  auto walk = std::make_unique<Files::Walk>();
  walk->store = store_;
  return Files(std::move(walk));
}

Result<std::optional<std::string>> Backups::file(std::string_view name) const {
  if (!is_backup_file_name(name)) {
    return std::optional<std::string>();
  }
  return read_file(store_ / name);
}

Result<std::uint64_t> Backups::expire(TimePoint now) {
  return parts_.backup_keys ? parts_.backup_keys->expire(now) : Result<std::uint64_t>(0);
}

Result<BackupReach> Backups::reach() const {
  return parts_.backup_keys ? parts_.backup_keys->reach() : Result<BackupReach>(BackupReach());
}

}  // namespace sightingd
