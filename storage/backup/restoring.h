#pragma once

#include "pipeline/result.h"
#include "pipeline/time.h"
#include "storage/backup/backups.h"
#include "storage/sealing/secret_key.h"
#include "storage/store_options.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sightingd {

/// What lies in a backup, and where.
struct BackupContent {
  std::string id;
  std::optional<TimePoint> expires_at;
  struct Object {
    std::string file;            ///< Of the store: "rows/000123.sst".
    std::string id;              ///< Of its key.
    std::filesystem::path path;  ///< Where it lies, sealed.
  };
  std::vector<Object> objects;
  struct File {
    std::string name;            ///< Of the store: "photos/NAME".
    std::filesystem::path path;  ///< Where it lies.
    std::uint64_t bytes = 0;
  };
  /// Gives the files, one after the other; nothing at the end.
  std::function<Result<std::optional<File>>()> next_file;
};

struct RestoreOrder {
  StoreOptions store;
  SecretKey store_key;
  BackupContent backup;
  /// The erasure ledger is lost, and what was erased since then comes back. Fails when it is there.
  bool without_ledger = false;
  TimePoint now;
};

struct Restored {
  std::uint16_t epoch = 0;          ///< Of the feed from now on.
  std::filesystem::path set_aside;  ///< Where the store lies that was there before; empty: none.
};

/// Brings a store back from a backup: beside the store that is there, which then is set aside
/// (Replacement). The next opening erases what the erasure ledger says was erased since.
///
/// Fails with Storage and a sentence: reason "locked" (a daemon has the store), "key" (the store
/// key opens neither the ledger nor the keys), "expired" (the backup's key is destroyed, or lies in
/// another folder), "ledger" (it is missing), "damaged" (a file of the backup is).
Result<Restored> restore_store(const RestoreOrder& order);

}  // namespace sightingd
