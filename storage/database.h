#pragma once

#include "pipeline/result.h"
#include "storage/columns.h"
#include "storage/encoding/sealing.h"
#include "storage/synced_mark.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Iterator;
class Snapshot;
class Status;
class WriteBatch;
}  // namespace rocksdb

namespace sightingd {

/// A state of the database that does not change while it is held. Null: the newest state.
using Moment = std::shared_ptr<const rocksdb::Snapshot>;

/// Rows that are written together or not at all.
class Changes {
 public:
  Changes();
  ~Changes();
  Changes(Changes&&) noexcept;
  Changes& operator=(Changes&&) noexcept;

 private:
  friend class Database;
  std::unique_ptr<rocksdb::WriteBatch> batch_;
};

/// RocksDB as this store uses it: columns, sealed values, moments. Every method may be called
/// from any thread, and fails with Storage.
class Database {
 public:
  /// Opens or creates. `sealer` must outlive the database. What was written and not synced may be
  /// missing after a crash; when what was synced is, it fails with reason "damaged".
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& directory,
                                                const Sealer& sealer);
  /// Closes without writing what is not written yet: see flush().
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void put(Changes& changes, Column column, std::string_view key, std::string value) const;
  void erase(Changes& changes, Column column, std::string_view key) const;
  /// Makes the changes visible at once; they survive a crash after sync().
  Result<void> write(Changes changes);
  Result<void> sync();
  /// Moves everything out of the write-ahead log, so that the next start is fast.
  Result<void> flush();
  /// Rewrites the files that hold the keys (sorted), so that nothing erased is left in them.
  Result<void> compact(Column column, std::span<const std::string> keys);

  Moment moment() const;

  Result<std::optional<std::string>> get(Column column, std::string_view key,
                                         const Moment& at = nullptr) const;
  /// One answer a key, in order.
  Result<std::vector<std::optional<std::string>>> get(Column column,
                                                      std::span<const std::string> keys,
                                                      const Moment& at = nullptr) const;

  /// Walks over rows in order of their keys.
  class Rows {
   public:
    ~Rows();
    Rows(Rows&&) noexcept;

    bool valid() const;
    void next();
    std::string_view key() const;
    /// Good until the next call of next() or value().
    Result<std::string_view> value();
    /// Call when valid() is false: whether it ended because of a failure.
    Result<void> status() const;

   private:
    friend class Database;
    struct Bound;
    Rows(const Database& database, Column column, Moment moment, std::string_view prefix,
         std::string_view below = {});

    const Database* database_;
    Column column_;
    Moment moment_;
    std::string prefix_;
    std::string scratch_;
    std::unique_ptr<Bound> bound_;  // Must stay where it is, and outlive the iterator.
    std::unique_ptr<rocksdb::Iterator> iterator_;
  };
  /// Rows whose keys begin with `prefix`, starting at `from` (or at the first), up to the first
  /// that is not below `below`. With it, rows that were erased beyond cost nothing.
  Rows rows(Column column, std::string_view prefix = {}, std::string_view from = {},
            const Moment& at = nullptr, std::string_view below = {}) const;

  /// Stands at the last row whose key begins with `prefix` and is below `before`, if any.
  Rows last_row(Column column, std::string_view prefix, std::string_view before,
                const Moment& at = nullptr) const;

  std::uint64_t bytes_on_disk() const;

 private:
  explicit Database(const Sealer& sealer);
  rocksdb::ColumnFamilyHandle* handle(Column column) const;
  Result<std::string> unseal(Column column, std::string_view key, std::string_view value) const;

  const Sealer& sealer_;
  std::optional<SyncedMark> synced_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<std::unique_ptr<rocksdb::ColumnFamilyHandle>> handles_;
};

}  // namespace sightingd
