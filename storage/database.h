#pragma once

#include "pipeline/result.h"
#include "storage/columns.h"
#include "storage/sealing/row_seals.h"
#include "storage/sealing/secret_key.h"
#include "storage/synced_mark.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
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

  /// How many rows are put or erased.
  std::size_t size() const;

 private:
  friend class Database;
  std::unique_ptr<rocksdb::WriteBatch> batch_;
  std::vector<std::pair<KeyOwner, SecretKey>> new_keys_;
  std::vector<KeyOwner> dropped_keys_;
  std::optional<Error> failure_;
};

/// One of the files that rows lie in.
struct TableFile {
  std::string name;    ///< "/000123.sst"
  std::string column;  ///< Whose rows it holds.
};

/// RocksDB as this store uses it: columns, sealed values, moments. Every method may be called
/// from any thread, and fails with Storage.
///
/// With a store key every value is sealed. Whoever puts and gets rows sees nothing of it: a
/// sighting's or photo's own key comes with its first row and goes with its record.
class Database {
 public:
  /// Opens or creates. What was written and not synced may be missing after a crash; when what was
  /// synced is, it fails with reason "damaged". It fails with reason "key" when the rows are sealed
  /// and `store_key` is missing or another one. Rows in clear are opened with a key, too: they stay
  /// readable until they are sealed, or altogether unless this `begins_sealing` them.
  static Result<std::unique_ptr<Database>> open(
      const std::filesystem::path& directory,
      const std::optional<SecretKey>& store_key = std::nullopt, bool begins_sealing = true);
  /// Opens rows some of which may be damaged, so that the others can be saved: changes nothing on
  /// the disk, and must not be written to. Fails with reason "damaged" when what holds its files
  /// together is, or the row with the keys: see gather(); "key" as open() does.
  static Result<std::unique_ptr<Database>> open_damaged(const std::filesystem::path& directory,
                                                        const std::optional<SecretKey>& store_key);
  /// Makes anew what holds the files in `directory` together, from all tables that are whole and
  /// what can be read of the log. Changes the folder, but no table.
  static Result<void> gather(const std::filesystem::path& directory);
  /// Of one that was opened damaged: what is missing of its log.
  enum class LogLoss : std::uint8_t {
    None,
    End,   ///< It ends before what was known to be synced; what is left is a state that there was.
    Holes  ///< Anything in it may have been left out.
  };
  LogLoss log_loss() const { return log_loss_; }

  /// Closes without writing what is not written yet: see flush().
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// What fails here, write() fails with.
  void put(Changes& changes, Column column, std::string_view key, std::string_view value) const;
  void erase(Changes& changes, Column column, std::string_view key) const;
  /// Makes the changes visible at once; they survive a crash after sync().
  /// Both are for one thread. They fail with reason "no-space" while the disk is full, and then may
  /// be called again; after any other failure only an opening finds out what is durable.
  Result<void> write(Changes changes);
  Result<void> sync();
  /// Whether values are sealed.
  bool is_sealed() const { return seals_ != nullptr; }
  /// Whether all of them are, and with the newest key.
  bool is_settled() const { return seals_ == nullptr || seals_->ring()->is_settled(); }
  /// Whether some may still stand in clear, because the store has only now been given a key.
  bool has_clear_rows() const { return seals_ != nullptr && seals_->ring()->has_clear_rows(); }
  /// Gives the sighting or photo that a row of `column` is about its key: one that has none. It
  /// would get one anyway, but be searched for before.
  void add_key(Changes& changes, Column column, std::string_view key) const;
  /// Gives a photo that has none the key that its file was sealed with.
  void adopt_key(Changes& changes, std::uint64_t photo, const SecretKey& key) const;
  /// Nothing when the photo has no key (of its own).
  Result<std::optional<SecretKey>> photo_key(std::uint64_t photo, const Moment& at = nullptr) const;
  /// From now on the rows belong to this store key. Durable, with `changes`, when it returns. What
  /// was sealed until then stays readable until it is put again. Must be sealed and settled.
  Result<void> change_store_key(const SecretKey& store_key, Changes changes);
  /// Writes, with `changes`, that there are neither older keys nor rows in clear any more; durable
  /// when it returns. All must be resealed, and no reader may hold an older moment.
  Result<void> store_settled_ring(Changes changes);
  /// What store_settled_ring() wrote holds.
  void use_settled_ring();
  /// The row that holds the ring, whose earlier values hold older keys.
  static RowName ring_row();

  /// Moves everything out of the write-ahead log, so that the next start is fast.
  Result<void> flush();
  /// Rewrites the files that hold the keys (sorted), so that nothing erased is left in them.
  Result<void> compact(Column column, std::span<const std::string> keys);
  /// Rewrites all files of a column. False when it was cut short because `cancelled` became true.
  Result<bool> compact_all(Column column, std::atomic<bool>* cancelled = nullptr);

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
    /// Whether the row is sealed as it is to be.
    bool is_up_to_date() const;
    /// Call when valid() is false: whether it ended because of a failure.
    Result<void> status() const;

   private:
    friend class Database;
    struct Bound;
    Rows(const Database& database, Column column, Moment moment, std::string_view prefix,
         std::string_view below = {});
    Result<std::optional<SecretKey>> data_key(const KeyOwner& owner);

    const Database* database_;
    Column column_;
    Moment moment_;
    std::string prefix_;
    std::string scratch_;
    std::unique_ptr<Bound> bound_;  // Must stay where it is, and outlive the iterator.
    std::unique_ptr<rocksdb::Iterator> iterator_;
    std::unique_ptr<rocksdb::Iterator> keys_;  // Goes along where rows have keys of their own.
  };
  /// Rows whose keys begin with `prefix`, starting at `from` (or at the first), up to the first
  /// that is not below `below`. With it, rows that were erased beyond cost nothing.
  Rows rows(Column column, std::string_view prefix = {}, std::string_view from = {},
            const Moment& at = nullptr, std::string_view below = {}) const;

  /// Stands at the last row whose key begins with `prefix` and is below `before`, if any.
  Rows last_row(Column column, std::string_view prefix, std::string_view before,
                const Moment& at = nullptr) const;

  /// The files of rows that there are at this moment.
  std::vector<TableFile> table_files() const;
  /// Reads one of them against its checksums; one that is gone was good enough to be rewritten.
  Result<void> check_table(const TableFile& table) const;

  /// Makes `folder`, on the same disk, with a state that Database::open() opens: all that was
  /// written before, and maybe some of what is written meanwhile. It shares the files with this.
  Result<void> checkpoint(const std::filesystem::path& folder) const;
  /// From now on another store key opens the rows, and nothing else changes; durable when it
  /// returns. Must be sealed. For a store that is brought back from a time when it had another key.
  Result<void> rewrap_ring(const SecretKey& store_key);

  std::uint64_t bytes_on_disk() const;

 private:
  Database();
  void take_over(rocksdb::DB* opened, const std::vector<rocksdb::ColumnFamilyHandle*>& handles);
  rocksdb::ColumnFamilyHandle* handle(Column column) const;
  Result<void> open_seals(const std::optional<SecretKey>& store_key, bool begins_sealing);
  Result<void> store_ring(const KeyRing& ring, Changes changes);
  Result<SecretKey> key_for_writing(Changes& changes, const KeyOwner& owner) const;
  Result<std::optional<SecretKey>> data_key(const KeyOwner& owner, const Moment& at) const;
  void put_key(Changes& changes, const KeyOwner& owner, const SecretKey& key) const;
  Result<std::vector<std::optional<SecretKey>>> keys_of(Column column,
                                                        std::span<const std::string> keys,
                                                        std::span<const std::size_t> found,
                                                        const Moment& at) const;
  Result<std::vector<std::optional<SecretKey>>> data_keys(std::span<const KeyOwner> owners,
                                                          const Moment& at) const;
  Result<void> unseal(Column column, std::string_view key, std::string_view value,
                      const std::optional<SecretKey>& data_key, std::string& opened) const;

  Result<void> check_log();
  std::uint64_t newest_log() const;

  class LogWatch;
  std::filesystem::path directory_;
  std::shared_ptr<LogWatch> log_watch_;
  LogLoss log_loss_ = LogLoss::None;
  std::optional<Error> failed_sync_;  ///< After this nothing is written any more, by whomever.
  std::optional<SyncedMark> synced_;
  Locked<SecretKey> store_key_;
  std::unique_ptr<RowSeals> seals_;  ///< Null: values stand in clear.
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<std::unique_ptr<rocksdb::ColumnFamilyHandle>> handles_;
};

}  // namespace sightingd
