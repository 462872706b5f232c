#pragma once

#include "pipeline/result.h"
#include "pipeline/time.h"
#include "storage/encoding/record.h"
#include "storage/sealing/secret_key.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace sightingd {

/// How long what was in the store at a moment may be read from a backup.
struct BackupReach {
  bool is_for_ever = false;
  std::optional<TimePoint> until = {};  ///< Nothing, and not for ever: there is no backup.

  friend bool operator==(const BackupReach&, const BackupReach&) = default;
};

/// The keys that open backups, in the file `backup-keys` beside the erasure ledger: what a backup
/// holds of the rows is sealed by them, so that it cannot be opened any more once they are
/// destroyed, wherever it lies and whatever else is known.
///
/// The file holds a key of its own, sealed by each store key that may open it, and behind it the
/// list, sealed by that key. It is replaced as a whole. Safe to use from any thread.
class BackupKeys {
 public:
  /// In the folder of the erasure ledger, which is there; without a file there are no backups. From
  /// then on `store_key` alone opens it.
  /// Fails with Storage and a sentence: reason "key" when `store_key` does not open it. A file that
  /// is damaged fails later, when it is read.
  static Result<std::unique_ptr<BackupKeys>> open(const std::filesystem::path& folder,
                                                  const SecretKey& store_key);

  /// As they lie on the disk.
  Result<record::BackupKeyList> list() const;
  /// Durable when it returns. `change` may fail; then nothing is written.
  Result<void> change(const std::function<Result<void>(record::BackupKeyList&)>& change);

  /// Destroys the keys of all that is over at `now`; says of how many backups.
  Result<std::uint64_t> expire(TimePoint now);
  /// Of all backups that can be opened.
  Result<BackupReach> reach() const;

  /// The store's key; nothing while it changes.
  std::optional<SecretKey> settled_key() const;
  /// The store is about to get another key: from now on both open the file.
  Result<void> accept_key(const SecretKey& store_key);
  /// It has got it: the former one opens the file no more.
  Result<void> keep_key(const SecretKey& store_key);

 private:
  BackupKeys(std::filesystem::path folder, const SecretKey& store_key);
  Result<record::BackupKeyList> read() const;
  Result<void> write(const record::BackupKeyList& list);
  Result<void> replace(const std::string& content);
  Result<void> remove();

  const std::filesystem::path folder_;
  mutable std::mutex mutex_;
  Locked<SecretKey> key_;
  Locked<SecretKey> store_key_;
  bool is_changing_ = false;  ///< Between accept_key() and keep_key().
  std::string owner_;         ///< `key_`, sealed once for each store key.
};

}  // namespace sightingd
