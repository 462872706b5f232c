#include "storage/backup/backup_keys.h"

#include "pipeline/wipe.h"
#include "storage/files.h"
#include "storage/sealing/seal.h"
#include "storage/sealing/wrapped_key.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string_view>
#include <utility>

namespace sightingd {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFile = "backup-keys";
constexpr const char* kNewFile = "backup-keys.new";
// 3 of what the store key is used for is the erasure ledger's.
constexpr KeyWrapping kWrapping{.purpose = 4, .place = "backup-keys-key"};
constexpr std::uint8_t kMark = 1;
constexpr std::string_view kPlace = "backup-keys";
// How many wraps there are, then they, then the list.
constexpr std::size_t kMostOwners = 2;
constexpr std::size_t kMostBytes = 256 << 20;

Error damaged(const fs::path& folder) {
  return {ErrorCode::Storage,
          "the file " + (folder / kFile).string() +
              " is damaged: bring a copy of it back, or remove it and make a new backup",
          "damaged"};
}

struct Parts {
  std::string_view owner;
  std::string_view sealed;
};

std::optional<Parts> parts_of(std::string_view content) {
  const std::size_t owners = content.empty() ? 0 : static_cast<unsigned char>(content.front());
  const std::size_t begins = 1 + owners * kWrappedKeySize;
  if (owners == 0 || owners > kMostOwners || content.size() < begins) {
    return std::nullopt;
  }
  return Parts{.owner = content.substr(1, begins - 1), .sealed = content.substr(begins)};
}

bool is_over(const std::optional<TimePoint>& expires_at, TimePoint now) {
  return expires_at && *expires_at <= now;
}

void drop_expired(record::BackupKeyList& list, TimePoint now) {
  std::erase_if(list.backups, [now](const auto& each) { return is_over(each.expires_at, now); });
  std::erase_if(list.objects, [now](const auto& each) { return is_over(each.expires_at, now); });
}

}  // namespace

BackupKeys::BackupKeys(fs::path folder, const SecretKey& store_key) : folder_(std::move(folder)) {
  *key_ = SecretKey::random();
  *store_key_ = store_key;
  owner_ = kWrapping.wrap(*key_, store_key);
}

Result<std::unique_ptr<BackupKeys>> BackupKeys::open(const fs::path& folder,
                                                     const SecretKey& store_key) {
  std::unique_ptr<BackupKeys> keys(new BackupKeys(folder, store_key));
  std::error_code ignored;
  fs::remove(folder / kNewFile, ignored);
  const auto content = read_file(folder / kFile, kMostBytes);
  if (!content) {
    return content.error();
  }
  if (!*content) {
    return keys;
  }
  const auto parts = parts_of(**content);
  if (!parts) {
    return keys;  // Whoever reads it is told.
  }
  auto key = kWrapping.unwrap(parts->owner, store_key);
  if (!key) {
    return Error{ErrorCode::Storage,
                 "the file " + (folder / kFile).string() +
                     " is sealed with another key than store.encryption_key names: give the "
                     "store's key, or name this store's ledger in store.erasure_ledger",
                 "key"};
  }
  *keys->key_ = *key;
  keys->owner_ = parts->owner;
  if (parts->owner.size() > kWrappedKeySize) {
    // A change of keys was cut short.
    if (auto kept = keys->keep_key(store_key); !kept && kept.error().reason != "damaged") {
      return kept.error();
    }
  }
  return keys;
}

Result<record::BackupKeyList> BackupKeys::read() const {
  const auto content = read_file(folder_ / kFile, kMostBytes);
  if (!content) {
    return content.error();
  }
  if (!*content) {
    return record::BackupKeyList();
  }
  const auto parts = parts_of(**content);
  std::string opened;
  if (!parts || sealing::mark_of(parts->sealed) != kMark ||
      !sealing::open(*key_, kPlace, parts->sealed, opened)) {
    return damaged(folder_);
  }
  auto list = record::decode_backup_keys(opened);
  wipe(opened);
  return list;
}

Result<void> BackupKeys::write(const record::BackupKeyList& list) {
  if (list.backups.empty() && list.objects.empty() && list.last_epoch == 0) {
    return remove();
  }
  std::string encoded = record::encode(list);
  const std::string sealed = sealing::seal(*key_, kMark, kPlace, encoded);
  wipe(encoded);
  return replace(static_cast<char>(owner_.size() / kWrappedKeySize) + owner_ + sealed);
}

Result<void> BackupKeys::remove() {
  auto folder = open_folder(folder_);
  if (!folder) {
    return folder.error();
  }
  if (::unlinkat(folder->get(), kFile, 0) != 0) {
    return errno == ENOENT ? Result<void>() : system_error("remove the keys of backups");
  }
  return sync_folder(*folder);
}

Result<void> BackupKeys::replace(const std::string& content) {
  auto folder = open_folder(folder_);
  if (!folder) {
    return folder.error();
  }
  ::unlinkat(folder->get(), kNewFile, 0);
  if (auto written = write_new_file(folder_ / kNewFile, content); !written) {
    ::unlinkat(folder->get(), kNewFile, 0);
    return written;
  }
  if (::renameat(folder->get(), kNewFile, folder->get(), kFile) != 0) {
    return system_error("name the keys of backups");
  }
  return sync_folder(*folder);
}

Result<record::BackupKeyList> BackupKeys::list() const {
  const std::lock_guard lock(mutex_);
  return read();
}

Result<void> BackupKeys::change(const std::function<Result<void>(record::BackupKeyList&)>& change) {
  const std::lock_guard lock(mutex_);
  auto list = read();
  if (!list) {
    return list.error();
  }
  if (auto changed = change(*list); !changed) {
    return changed;
  }
  return write(*list);
}

Result<std::uint64_t> BackupKeys::expire(TimePoint now) {
  const std::lock_guard lock(mutex_);
  auto list = read();
  if (!list) {
    return list.error();
  }
  const std::size_t backups = list->backups.size();
  const std::size_t objects = list->objects.size();
  drop_expired(*list, now);
  const std::uint64_t dropped = backups - list->backups.size();
  if (dropped > 0 || objects != list->objects.size()) {
    if (auto written = write(*list); !written) {
      return written.error();
    }
  }
  return dropped;
}

Result<BackupReach> BackupKeys::reach() const {
  const std::lock_guard lock(mutex_);
  const auto list = read();
  if (!list) {
    return list.error();
  }
  BackupReach reach;
  for (const record::BackupEntry& backup : list->backups) {
    reach.is_for_ever = reach.is_for_ever || !backup.expires_at;
    reach.until = std::max(reach.until, backup.expires_at);
  }
  if (reach.is_for_ever) {
    reach.until.reset();
  }
  return reach;
}

std::optional<SecretKey> BackupKeys::settled_key() const {
  const std::lock_guard lock(mutex_);
  return is_changing_ ? std::nullopt : std::optional(*store_key_);
}

Result<void> BackupKeys::accept_key(const SecretKey& store_key) {
  const std::lock_guard lock(mutex_);
  const auto list = read();
  if (!list) {
    return list.error();
  }
  std::string before =
      std::exchange(owner_, kWrapping.wrap(*key_, *store_key_) + kWrapping.wrap(*key_, store_key));
  auto written = write(*list);
  is_changing_ = written.has_value();
  if (!written) {
    owner_ = std::move(before);
  }
  return written;
}

Result<void> BackupKeys::keep_key(const SecretKey& store_key) {
  const std::lock_guard lock(mutex_);
  const auto list = read();
  if (!list) {
    return list.error();
  }
  *store_key_ = store_key;
  owner_ = kWrapping.wrap(*key_, store_key);
  is_changing_ = false;
  return write(*list);
}

}  // namespace sightingd
