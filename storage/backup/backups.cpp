#include "storage/backup/backups.h"

#include "pipeline/hex.h"
#include "storage/backup/cut_short.h"
#include "storage/sealing/sealed_copy.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <system_error>
#include <utility>

namespace sightingd {
namespace {

namespace fs = std::filesystem;
using CopiedFile = Backups::CopiedFile;

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
const record::BackupObjectKey* find_held(const record::BackupKeyList& list, const CopiedFile& file,
                                         const BackupIds& held) {
  const auto found = std::ranges::find_if(list.objects, [&](const record::BackupObjectKey& key) {
    return key.file == file.name && key.stamp == file.stamp && held.contains(key.id);
  });
  return found == list.objects.end() ? nullptr : &*found;
}

/// Whether an erasure rewrites the tables of this column, so that nothing is left of what it held.
bool is_rewritten(std::string_view column) {
  return column == to_text(Column::Keys) || column == to_text(Column::Skipped) ||
         column == to_text(Column::Header);
}

/// Nothing is never, and so later than any time.
std::optional<TimePoint> later(const std::optional<TimePoint>& one,
                               const std::optional<TimePoint>& other) {
  return one && other ? std::optional(std::max(*one, *other)) : std::nullopt;
}

/// Fails when a key that the backup counts on was destroyed meanwhile.
Result<void> add_backup(record::BackupKeyList& all, const BackupList& list,
                        std::vector<record::BackupObjectKey> new_keys, const SecretKey& store_key) {
  for (const ListedObject& object : list.objects) {
    if (object.bytes > 0) {
      continue;
    }
    const auto held = std::ranges::find(all.objects, object.id, &record::BackupObjectKey::id);
    if (held == all.objects.end()) {
      return Error{ErrorCode::Unavailable,
                   "The time of an earlier backup was just over: try again."};
    }
    held->expires_at = later(held->expires_at, list.expires_at);
  }
  std::ranges::move(new_keys, std::back_inserter(all.objects));
  all.backups.push_back({.id = list.id,
                         .made_at = list.made_at,
                         .expires_at = list.expires_at,
                         .store_key = store_key});
  return {};
}

}  // namespace

Backups::Backups(fs::path store, const StoreParts& parts, const DurableMoment& durable,
                 std::uint64_t keep_free)
    : store_(std::move(store)),
      folder_(store_ / kBackupFolder),
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

Result<BackupList> Backups::begin(const BackupIds& held, TimePoint now,
                                  std::optional<std::chrono::seconds> keep) {
  if (auto possible = is_possible(); !possible) {
    return possible.error();
  }
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) {
    return Error{ErrorCode::Unavailable, "Another backup is just being begun: try again."};
  }
  is_under_way_ = false;
  if (auto removed = remove_cut_short_backup(store_); !removed) {
    return removed.error();
  }
  auto list = copy(held, now, keep);
  std::error_code error;
  std::filesystem::remove_all(list ? folder_ / kRows : folder_, error);
  if (error && list) {
    static_cast<void>(remove_cut_short_backup(store_));
    return Error{ErrorCode::Storage, "cannot remove a copy of the rows: " + error.message()};
  }
  is_under_way_ = list.has_value();
  return list;
}

Result<BackupList> Backups::copy(const BackupIds& held, TimePoint now,
                                 std::optional<std::chrono::seconds> keep) {
  const Error key_changes{ErrorCode::Unavailable,
                          "The store is just being given another key: try again."};
  const auto store_key = parts_.backup_keys->settled_key();
  if (!store_key) {
    return key_changes;
  }
  const auto known = parts_.backup_keys->list();
  if (!known) {
    return known.error();
  }
  auto id = new_id();
  if (!id) {
    return id.error();
  }
  BackupList list{.id = std::move(*id), .made_at = now, .expires_at = {}, .objects = {}};
  if (keep) {
    list.expires_at = now + *keep;
  }
  std::vector<record::BackupObjectKey> new_keys;
  if (auto copied = copy_rows(*known, held, list, new_keys); !copied) {
    return copied.error();
  }
  const auto still = parts_.backup_keys->settled_key();
  if (!still || still->bytes() != store_key->bytes()) {
    return key_changes;
  }
  const auto keep_keys = [&](record::BackupKeyList& all) {
    return add_backup(all, list, std::move(new_keys), *store_key);
  };
  if (auto kept = parts_.backup_keys->change(keep_keys); !kept) {
    return kept.error();
  }
  return list;
}

Result<void> Backups::copy_rows(const record::BackupKeyList& known, const BackupIds& held,
                                BackupList& list, std::vector<record::BackupObjectKey>& new_keys) {
  if (auto made = open_folder(folder_); !made) {
    return made.error();
  }
  const auto seal = [&](const CopiedFile& file) {
    return seal_file(file, find_held(known, file, held), list, new_keys);
  };
  std::vector<CopiedFile> files;
  auto later_ones = files.end();
  {
    // Erasures wait for whoever looks at an older state: until what they must not leave behind is
    // sealed, and the copy of it gone.
    const Moment held_moment = durable_.get();
    if (auto made = parts_.database->checkpoint(folder_ / kRows); !made) {
      return made;
    }
    auto found = files_to_seal(store_, folder_ / kRows);
    if (!found) {
      return found.error();
    }
    files = std::move(*found);
    if (auto fits = check_space(files, known, held); !fits) {
      return fits;
    }
    later_ones = std::stable_partition(files.begin(), files.end(), holds_secrets());
    for (auto file = files.begin(); file != later_ones; ++file) {
      if (auto sealed = seal(*file); !sealed) {
        return sealed;
      }
      if (file->path.parent_path() == folder_ / kRows && ::unlink(file->path.c_str()) != 0) {
        return system_error("remove a copy of the rows");
      }
    }
  }
  for (auto file = later_ones; file != files.end(); ++file) {
    if (auto sealed = seal(*file); !sealed) {
      return sealed;
    }
  }
  return {};
}

/// Everything, but for the tables of which an erasure leaves what it leaves.
std::function<bool(const CopiedFile&)> Backups::holds_secrets() const {
  std::set<std::string, std::less<>> others;
  for (const TableFile& table : parts_.database->table_files()) {
    if (!is_rewritten(table.column)) {
      others.insert(kRows + table.name);
    }
  }
  return
      [others = std::move(others)](const CopiedFile& file) { return !others.contains(file.name); };
}

Result<void> Backups::seal_file(const CopiedFile& file, const record::BackupObjectKey* held,
                                BackupList& list,
                                std::vector<record::BackupObjectKey>& new_keys) const {
  if (held != nullptr) {
    list.objects.push_back({.id = held->id, .file = file.name});
    return {};
  }
  auto object = new_id();
  if (!object) {
    return object.error();
  }
  record::BackupObjectKey key{.id = *object,
                              .key = SecretKey::random(),
                              .file = file.name,
                              .stamp = file.stamp,
                              .expires_at = list.expires_at};
  const auto size = sealed_copy::seal(file.path, folder_ / *object, key.key);
  if (!size) {
    return size.error();
  }
  list.objects.push_back({.id = std::move(*object), .file = file.name, .bytes = *size});
  new_keys.push_back(std::move(key));
  return {};
}

Result<void> Backups::check_space(const std::vector<CopiedFile>& files,
                                  const record::BackupKeyList& known, const BackupIds& held) const {
  std::uint64_t bytes = 0;
  for (const CopiedFile& file : files) {
    bytes += find_held(known, file, held) == nullptr ? file.bytes : 0;
  }
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
  if (!is_under_way_ || !is_backup_id(id)) {
    return std::optional<FileDescriptor>();
  }
  FileDescriptor file(::open((folder_ / id).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file && errno != ENOENT) {
    return system_error("open a file of a backup");
  }
  return file ? std::optional(std::move(file)) : std::nullopt;
}

void Backups::end() {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) {
    return;  // Another one has begun.
  }
  is_under_way_ = false;
  // What stays goes with the next backup, or at the next opening.
  static_cast<void>(remove_cut_short_backup(store_));
}

struct Backups::Files::Walk {
  struct Close {
    void operator()(DIR* opened) const { ::closedir(opened); }
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
  if (!is_under_way_ || !is_backup_file_name(name)) {
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
