#pragma once

#include "pipeline/result.h"
#include "pipeline/time.h"
#include "storage/backup/backup_keys.h"
#include "storage/backup/folder/backup_list.h"
#include "storage/durable_moment.h"
#include "storage/files.h"
#include "storage/store_parts.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

using BackupIds = std::set<std::string, std::less<>>;

/// Copies of the running store, made beside all else. Their rows are sealed by keys that lie beside
/// the erasure ledger and are destroyed in time (BackupKeys); the sealed copies wait in the folder
/// `backup` of the store until whoever asked for the backup has fetched them. Safe to use from any
/// thread; blocks on the disk.
class Backups {
 public:
  /// `keep_free`: what must be left on the disk. All must outlive this.
  Backups(std::filesystem::path store, const StoreParts& parts, const DurableMoment& durable,
          std::uint64_t keep_free);

  /// Fails with Unavailable, and a sentence, when the store is not encrypted, or not all of it.
  Result<void> is_possible() const;
  /// Begins a backup: what the store holds now. `held`: ids of objects that the backup has from an
  /// earlier time; what has not changed since then is not copied again. One at a time: what an
  /// earlier one has not fetched is gone.
  /// An erasure waits until the copies of what it must not leave behind are sealed, so that none is
  /// made of what it was acknowledged to have reached. Fails with Unavailable when is_possible()
  /// does, with reason "no-space" when the copies find no room.
  Result<BackupList> begin(const BackupIds& held, TimePoint now,
                           std::optional<std::chrono::seconds> keep);
  /// Where an object of the newest backup lies; nothing when it is none, or was held.
  Result<std::optional<FileDescriptor>> object(std::string_view id) const;
  /// Whether one was begun and has not ended.
  bool is_under_way() const { return is_under_way_; }
  /// The newest backup has all: removes the copies.
  void end();

  /// Walks over the files that go into a backup as they are. What comes and goes meanwhile is there
  /// or not.
  class Files {
   public:
    ~Files();
    Files(Files&&) noexcept;
    /// Nothing at the end.
    Result<std::optional<ListedFile>> next();

   private:
    friend class Backups;
    struct Walk;
    explicit Files(std::unique_ptr<Walk> walk);
    std::unique_ptr<Walk> walk_;
  };
  Files files() const;
  /// A file's content; nothing when it is gone, or no backup is being made.
  Result<std::optional<std::string>> file(std::string_view name) const;

  /// See BackupKeys. Without encryption there are no backups.
  Result<std::uint64_t> expire(TimePoint now);
  Result<BackupReach> reach() const;

  /// A file of the store of which a sealed copy is made.
  struct CopiedFile {
    std::string name;            ///< Of the store.
    std::filesystem::path path;  ///< Where it lies now.
    std::uint64_t bytes = 0;
    std::string stamp;
  };

 private:
  Result<BackupList> copy(const BackupIds& held, TimePoint now,
                          std::optional<std::chrono::seconds> keep);
  Result<void> copy_rows(const record::BackupKeyList& known, const BackupIds& held,
                         BackupList& list, std::vector<record::BackupObjectKey>& new_keys);
  std::function<bool(const CopiedFile&)> holds_secrets() const;
  Result<void> seal_file(const CopiedFile& file, const record::BackupObjectKey* held,
                         BackupList& list, std::vector<record::BackupObjectKey>& new_keys) const;
  Result<void> check_space(const std::vector<CopiedFile>& files, const record::BackupKeyList& known,
                           const BackupIds& held) const;

  const std::filesystem::path store_;
  const std::filesystem::path folder_;
  const StoreParts& parts_;
  const DurableMoment& durable_;
  const std::uint64_t keep_free_;
  std::atomic<bool> is_under_way_{false};  ///< From a backup's beginning to its end.
  std::mutex mutex_;                       ///< Held while one begins or ends.
};

}  // namespace sightingd
