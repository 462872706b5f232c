#include "storage/database.h"

#include "pipeline/wipe.h"
#include "storage/damaged_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/table.h>
#include <rocksdb/transaction_log.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdarg>
#include <utility>

namespace sightingd {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20U;

// What the database may hold in memory, whatever it holds on disk: the daemon as a whole has
// 120 MiB.
constexpr std::size_t kWriteBuffers = 16 * kMiB;
constexpr std::size_t kWriteBufferOfOneColumn = 8 * kMiB;
constexpr std::size_t kArenaBlock = 256 * 1024;
constexpr std::size_t kBlockCache = 16 * kMiB;
constexpr int kOpenFiles = 256;
/// Bounds how much is replayed at a start after a crash.
constexpr std::size_t kLogs = 32 * kMiB;
/// What RocksDB needs to begin another log, and how long it may take: it looks every five seconds.
constexpr std::uintmax_t kSpaceForLogs = 2 * kWriteBufferOfOneColumn;
constexpr std::chrono::seconds kLogPatience{8};
/// Small files, so that rewriting the file of an erased post is quick.
constexpr std::size_t kTableFile = 8 * kMiB;

/// Beside RocksDB's own files, which it leaves alone.
constexpr const char* kSyncedMark = "SYNCED";

/// More keys than this are rewritten as one range from the first to the last.
constexpr std::size_t kKeysOneByOne = 16;

constexpr std::array<const char*, kColumns> kNames = {
    "default", "ids",     "sightings",   "feed",      "photos",  "hashes",    "showings",
    "links",   "watches", "coverage",    "positions", "pending", "suspected", "authors",
    "counted", "skipped", "skip-memory", "keys",      "holds"};

/// The row of Column::Header that holds the ring of keys, sealed by the store key.
constexpr std::string_view kRing = "ring";

/// Columns that are mostly asked for keys they do not have.
bool is_mostly_missed(Column column) {
  return column == Column::Ids || column == Column::Authors || column == Column::Counted ||
         column == Column::SkipMemory || column == Column::Keys;
}

Error failure(std::string_view doing, const rocksdb::Status& status) {
  if (status.IsNoSpace()) {
    return no_space(doing);
  }
  if (status.IsCorruption()) {
    return damaged_store(status.ToString());
  }
  return {ErrorCode::Storage,
          std::string("cannot ").append(doing).append(": ").append(status.ToString())};
}

/// RocksDB's own log. Its writer ends the program with an assertion when the disk is full, and what
/// it would tell names keys.
class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

Result<void> checked(std::string_view doing, const rocksdb::Status& status) {
  if (!status.ok()) {
    return failure(doing, status);
  }
  return {};
}

rocksdb::DBOptions database_options() {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.db_write_buffer_size = kWriteBuffers;
  options.max_open_files = kOpenFiles;
  options.max_background_jobs = 2;
  options.max_total_wal_size = kLogs;
  // After a power cut anything may stand where a write was not synced. That no more than such is
  // dropped, the mark says.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.track_and_verify_wals_in_manifest = true;
  options.info_log = std::make_shared<SilentLogger>();
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions column_options(Column column, bool is_sealed,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;
  if (is_mostly_missed(column)) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  }
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = kWriteBufferOfOneColumn;
  options.arena_block_size = kArenaBlock;
  options.target_file_size_base = kTableFile;
  options.level_compaction_dynamic_level_bytes = true;
  // What is sealed cannot be compressed.
  options.compression = is_sealed ? rocksdb::kNoCompression : rocksdb::kLZ4Compression;
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> all_columns(bool is_sealed) {
  const auto cache = rocksdb::NewLRUCache(kBlockCache, 2);
  std::vector<rocksdb::ColumnFamilyDescriptor> columns;
  for (std::size_t i = 0; i < kColumns; ++i) {
    columns.emplace_back(kNames[i], column_options(static_cast<Column>(i), is_sealed, cache));
  }
  return columns;
}

/// For what may be damaged. `is_strict`: fails when a file cannot be opened, and the log is read up
/// to the first place that does not hold together. Else what is damaged is passed over, in the log
/// too.
rocksdb::DBOptions damaged_database_options(bool is_strict) {
  rocksdb::DBOptions options = database_options();
  options.create_if_missing = false;
  options.create_missing_column_families = false;
  options.paranoid_checks = is_strict;
  options.track_and_verify_wals_in_manifest = false;
  return options;
}

bool has_log(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::directory_iterator file(directory, error);
  for (; !error && file != std::filesystem::directory_iterator(); file.increment(error)) {
    if (file->path().extension() == ".log" && file->file_size(error) > 0) {
      return true;
    }
  }
  return false;
}

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

rocksdb::ReadOptions reading(const Moment& at) {
  rocksdb::ReadOptions options;
  options.snapshot = at.get();
  return options;
}

Error lost_rows() { return damaged_store("its log has lost posts that were safe"); }

Error missing_key() {
  return {
      ErrorCode::Storage,
      "the store is encrypted, and its key is missing: let store.encryption_key name it, or give "
      "sightingctl its file with --key",
      "key"};
}

Error broken_seal() { return damaged_store("a value cannot be opened"); }

}  // namespace

std::string_view to_text(Column column) { return kNames[static_cast<std::size_t>(column)]; }

Changes::Changes() : batch_(std::make_unique<rocksdb::WriteBatch>()) {}
Changes::~Changes() = default;
Changes::Changes(Changes&&) noexcept = default;
Changes& Changes::operator=(Changes&&) noexcept = default;

std::size_t Changes::size() const { return static_cast<std::size_t>(batch_->Count()); }

/// Knows when the write-ahead log has broken off: a write to it failed.
///
/// RocksDB (7.8) ends the program with an assertion when such a log is written or synced again.
/// When the disk was full it begins another one by itself once there is space, but not if it holds
/// nothing in memory.
class Database::LogWatch final : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override {
    if (reason == rocksdb::BackgroundErrorReason::kWriteCallback ||
        reason == rocksdb::BackgroundErrorReason::kMemTable) {
      lacked_space_ = status->IsNoSpace();
      broke_off_ = true;
    }
  }

  /// To be called after a write that failed. `log`: the number of the newest.
  void note(std::uint64_t log) {
    if (broke_off_.exchange(false)) {
      broken_log_ = log;
      has_space_since_.reset();
    }
  }
  bool is_broken() const { return broken_log_.has_value(); }

  /// The failure while nothing can be written.
  Result<void> check(std::uint64_t log, bool has_space) {
    if (log != *broken_log_) {
      broken_log_.reset();
      return {};
    }
    const auto now = std::chrono::steady_clock::now();
    if (!has_space) {
      has_space_since_.reset();
    } else if (!has_space_since_) {
      has_space_since_ = now;
    }
    if (lacked_space_ && (!has_space_since_ || now - *has_space_since_ < kLogPatience)) {
      return no_space("write to the store");
    }
    return Error{ErrorCode::Storage,
                 "cannot write to the store: its log has broken off; opening it again mends it"};
  }

 private:
  std::atomic<bool> broke_off_{false};
  std::atomic<bool> lacked_space_{false};
  std::optional<std::uint64_t> broken_log_;
  std::optional<std::chrono::steady_clock::time_point> has_space_since_;
};

Database::Database() : log_watch_(std::make_shared<LogWatch>()) {}

Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& directory,
                                                 const std::optional<SecretKey>& store_key,
                                                 bool begins_sealing) {
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  std::unique_ptr<Database> database(new Database());
  rocksdb::DBOptions options = database_options();
  options.listeners.push_back(database->log_watch_);
  const rocksdb::Status status = rocksdb::DB::Open(
      options, directory.string(), all_columns(store_key.has_value()), &handles, &opened);
  database->directory_ = directory;
  database->take_over(opened, handles);
  if (!status.ok()) {
    return failure("open the store", status);
  }
  auto synced = SyncedMark::open(directory / kSyncedMark);
  if (!synced) {
    return synced.error();
  }
  if (opened->GetLatestSequenceNumber() < synced->reached()) {
    return lost_rows();
  }
  database->synced_ = std::move(*synced);
  if (auto done = database->open_seals(store_key, begins_sealing); !done) {
    return done.error();
  }
  return database;
}

void Database::take_over(rocksdb::DB* opened,
                         const std::vector<rocksdb::ColumnFamilyHandle*>& handles) {
  db_.reset(opened);
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    handles_.emplace_back(handle);
  }
}

Result<std::unique_ptr<Database>> Database::open_damaged(
    const std::filesystem::path& directory, const std::optional<SecretKey>& store_key) {
  std::unique_ptr<Database> database(new Database());
  database->directory_ = directory;
  rocksdb::Status status;
  for (const bool is_strict : {true, false}) {
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* opened = nullptr;
    status = rocksdb::DB::OpenForReadOnly(damaged_database_options(is_strict), directory.string(),
                                          all_columns(store_key.has_value()), &handles, &opened);
    database->take_over(opened, handles);
    if (status.ok()) {
      const auto mark = SyncedMark::read(directory / kSyncedMark);
      const bool has_lost_end = mark && opened->GetLatestSequenceNumber() < *mark;
      database->log_loss_ = !is_strict && has_log(directory) ? LogLoss::Holes
                            : has_lost_end                   ? LogLoss::End
                                                             : LogLoss::None;
      break;
    }
  }
  if (!status.ok()) {
    // A file that is missing, too, or a list of files that names nonsense.
    const bool is_damaged = status.IsCorruption() || status.IsPathNotFound() ||
                            status.IsNotFound() || status.IsInvalidArgument();
    return is_damaged ? damaged_store(status.ToString()) : failure("open the store", status);
  }
  if (!database->rows(Column::Header).valid()) {
    return damaged_store("the rows that hold it together are lost");
  }
  // A store that is not encrypted is not sealed by being saved.
  if (auto done = database->open_seals(store_key, false); !done) {
    return done.error();
  }
  return database;
}

Result<void> Database::gather(const std::filesystem::path& directory) {
  const auto columns = all_columns(false);
  rocksdb::DBOptions options = damaged_database_options(false);
  constexpr const char* kDoing = "gather what is left of the store";
  if (auto repaired = checked(
          kDoing, rocksdb::RepairDB(directory.string(), options, columns, columns.front().options));
      !repaired) {
    return repaired;
  }
  // Columns without a table that is whole are not there yet.
  options.create_missing_column_families = true;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(options, directory.string(), columns, &handles, &opened);
  Database gathered;
  gathered.take_over(opened, handles);
  if (!status.ok()) {
    return failure(kDoing, status);
  }
  // Tables that lie beside each other are not read in the order of their age.
  for (std::size_t i = 0; i < kColumns; ++i) {
    if (auto done = gathered.compact_all(static_cast<Column>(i)); !done) {
      return done.error();
    }
  }
  return {};
}

Result<void> Database::open_seals(const std::optional<SecretKey>& store_key, bool begins_sealing) {
  rocksdb::PinnableSlice sealed_ring;
  const rocksdb::Status status = db_->Get({}, handle(Column::Header), slice(kRing), &sealed_ring);
  if (!status.ok() && !status.IsNotFound()) {
    return failure("read the store", status);
  }
  if (!store_key) {
    return status.IsNotFound() ? Result<void>() : missing_key();
  }
  *store_key_ = *store_key;
  if (status.IsNotFound()) {
    const Rows header = rows(Column::Header);
    if (auto read = header.status(); !read) {
      return read;
    }
    if (header.valid() && !begins_sealing) {
      return {};
    }
    KeyRing ring = KeyRing::make(header.valid());
    if (auto stored = store_ring(ring, {}); !stored) {
      return stored;
    }
    seals_ = std::make_unique<RowSeals>(std::move(ring));
    return {};
  }
  auto ring = KeyRing::open(sealed_ring.ToStringView(), *store_key);
  if (!ring) {
    return ring.error();
  }
  seals_ = std::make_unique<RowSeals>(std::move(*ring));
  return {};
}

Result<void> Database::store_ring(const KeyRing& ring, Changes changes) {
  changes.batch_->Put(handle(Column::Header), slice(kRing), ring.sealed_by(*store_key_))
      .PermitUncheckedError();
  if (auto written = write(std::move(changes)); !written) {
    return written;
  }
  return sync();
}

Result<void> Database::change_store_key(const SecretKey& store_key, Changes changes) {
  *store_key_ = store_key;
  KeyRing ring = seals_->ring()->renewed();
  if (auto stored = store_ring(ring, std::move(changes)); !stored) {
    return stored;
  }
  seals_->set_ring(std::move(ring));
  return {};
}

Result<void> Database::store_settled_ring(Changes changes) {
  return store_ring(seals_->ring()->settled(), std::move(changes));
}

void Database::use_settled_ring() { seals_->set_ring(seals_->ring()->settled()); }

RowName Database::ring_row() { return {.column = Column::Header, .key = std::string(kRing)}; }

rocksdb::ColumnFamilyHandle* Database::handle(Column column) const {
  return handles_[static_cast<std::size_t>(column)].get();
}

// What goes into a batch goes into memory: it fails only beyond 4 GiB.

void Database::put(Changes& changes, Column column, std::string_view key,
                   std::string_view value) const {
  const auto put_sealed = [&](const rocksdb::Slice& sealed) {
    changes.batch_->Put(handle(column), slice(key), sealed).PermitUncheckedError();
  };
  if (!seals_) {
    return put_sealed(slice(value));
  }
  const auto owner = owner_of(column, key);
  if (!owner) {
    return put_sealed(seals_->seal(column, key, value));
  }
  const auto data_key = key_for_writing(changes, *owner);
  if (!data_key) {
    changes.failure_ = data_key.error();
    return;
  }
  put_sealed(seals_->seal(*data_key, column, key, value));
}

void Database::erase(Changes& changes, Column column, std::string_view key) const {
  changes.batch_->Delete(handle(column), slice(key)).PermitUncheckedError();
  const auto owner = owner_of(column, key);
  if (seals_ && owner && is_owners_record(column)) {
    changes.batch_->Delete(handle(Column::Keys), slice(owner->text())).PermitUncheckedError();
    changes.dropped_keys_.push_back(*owner);
  }
}

Result<void> Database::write(Changes changes) {
  if (changes.failure_) {
    return *changes.failure_;
  }
  if (auto usable = check_log(); !usable) {
    return usable;
  }
  if (auto written = checked("write to the store", db_->Write({}, changes.batch_.get()));
      !written) {
    log_watch_->note(newest_log());
    return written;
  }
  for (const auto& [owner, key] : changes.new_keys_) {
    seals_->cache().put(owner, key);
  }
  for (const KeyOwner& owner : changes.dropped_keys_) {
    seals_->cache().drop(owner);
  }
  return {};
}

/// The owner's key; a new one, which becomes durable with the changes, if it has none.
Result<SecretKey> Database::key_for_writing(Changes& changes, const KeyOwner& owner) const {
  const auto made =
      std::ranges::find(changes.new_keys_, owner, &std::pair<KeyOwner, SecretKey>::first);
  if (made != changes.new_keys_.end()) {
    return made->second;
  }
  const auto stored = data_key(owner, nullptr);
  if (!stored) {
    return stored.error();
  }
  if (*stored) {
    return **stored;
  }
  const SecretKey key = SecretKey::random();
  put_key(changes, owner, key);
  return key;
}

void Database::add_key(Changes& changes, Column column, std::string_view key) const {
  if (const auto owner = seals_ ? owner_of(column, key) : std::nullopt) {
    put_key(changes, *owner, SecretKey::random());
  }
}

void Database::put_key(Changes& changes, const KeyOwner& owner, const SecretKey& key) const {
  changes.batch_->Put(handle(Column::Keys), slice(owner.text()), seals_->wrap(owner, key))
      .PermitUncheckedError();
  changes.new_keys_.emplace_back(owner, key);
}

void Database::adopt_key(Changes& changes, std::uint64_t photo, const SecretKey& key) const {
  put_key(changes, owner_of_photo(photo), key);
}

Result<std::optional<SecretKey>> Database::photo_key(std::uint64_t photo, const Moment& at) const {
  if (!seals_) {
    return std::optional<SecretKey>();
  }
  return data_key(owner_of_photo(photo), at);
}

Result<std::optional<SecretKey>> Database::data_key(const KeyOwner& owner, const Moment& at) const {
  if (auto cached = seals_->cache().find(owner)) {
    return cached;
  }
  auto keys = data_keys(std::span(&owner, 1), at);
  if (!keys) {
    return keys.error();
  }
  return std::move(keys->front());
}

/// One answer an owner, in order.
Result<std::vector<std::optional<SecretKey>>> Database::data_keys(std::span<const KeyOwner> owners,
                                                                  const Moment& at) const {
  std::vector<std::optional<SecretKey>> keys(owners.size());
  std::vector<rocksdb::Slice> asked;
  std::vector<std::size_t> asked_for;
  for (std::size_t i = 0; i < owners.size(); ++i) {
    keys[i] = seals_->cache().find(owners[i]);
    if (!keys[i]) {
      asked.push_back(slice(owners[i].text()));
      asked_for.push_back(i);
    }
  }
  if (asked.empty()) {
    return keys;
  }
  std::vector<rocksdb::PinnableSlice> values(asked.size());
  std::vector<rocksdb::Status> statuses(asked.size());
  db_->MultiGet(reading(at), handle(Column::Keys), asked.size(), asked.data(), values.data(),
                statuses.data());
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (statuses[i].IsNotFound()) {
      continue;
    }
    if (!statuses[i].ok()) {
      return failure("read the store", statuses[i]);
    }
    const KeyOwner& owner = owners[asked_for[i]];
    const auto key = seals_->unwrap(owner, values[i].ToStringView());
    if (!key) {
      return broken_seal();
    }
    // Whoever reads an older moment may be late: the owner may have gone.
    if (!at) {
      seals_->cache().put(owner, *key);
    }
    keys[asked_for[i]] = *key;
  }
  return keys;
}

/// Whether the log can be written; RocksDB is not asked while it cannot.
Result<void> Database::check_log() {
  if (failed_sync_) {
    return *failed_sync_;
  }
  if (!log_watch_->is_broken()) {
    return {};
  }
  std::error_code failed;
  const auto space = std::filesystem::space(directory_, failed);
  return log_watch_->check(newest_log(), !failed && space.available >= kSpaceForLogs);
}

std::uint64_t Database::newest_log() const {
  std::unique_ptr<rocksdb::LogFile> log;
  return db_->GetCurrentWalFile(&log).ok() ? log->LogNumber() : 0;
}

Result<void> Database::sync() {
  if (auto usable = check_log(); !usable) {
    return usable;
  }
  const std::uint64_t written = db_->GetLatestSequenceNumber();
  if (const rocksdb::Status synced = db_->SyncWAL(); !synced.ok()) {
    // What is durable now, nobody knows; also when space was missing, and even if there is some
    // again: a later sync may succeed although the kernel has dropped what this one could not
    // write. Only an opening finds out.
    failed_sync_ = failure("write to the store", synced);
    failed_sync_->reason = {};
    return *failed_sync_;
  }
  // Without it the mark lags behind, which is no harm.
  static_cast<void>(synced_->advance(written));
  return {};
}

Result<void> Database::flush() {
  std::vector<rocksdb::ColumnFamilyHandle*> all;
  for (const auto& handle : handles_) {
    all.push_back(handle.get());
  }
  return checked("write to the store", db_->Flush({}, all));
}

Result<void> Database::compact(Column column, std::span<const std::string> keys) {
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  const auto compact = [&](rocksdb::Slice first, rocksdb::Slice last) {
    return checked("rewrite the store", db_->CompactRange(options, handle(column), &first, &last));
  };
  if (keys.size() > kKeysOneByOne) {
    return compact(keys.front(), keys.back());
  }
  for (const std::string& key : keys) {
    if (auto done = compact(key, key); !done) {
      return done;
    }
  }
  return {};
}

Result<bool> Database::compact_all(Column column, std::atomic<bool>* cancelled) {
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  options.canceled = cancelled;
  const rocksdb::Status status = db_->CompactRange(options, handle(column), nullptr, nullptr);
  if (status.IsIncomplete() && cancelled != nullptr && *cancelled) {
    return false;
  }
  if (auto done = checked("rewrite the store", status); !done) {
    return done.error();
  }
  return true;
}

Moment Database::moment() const {
  rocksdb::DB* const database = db_.get();
  return {database->GetSnapshot(),
          [database](const rocksdb::Snapshot* snapshot) { database->ReleaseSnapshot(snapshot); }};
}

Result<void> Database::unseal(Column column, std::string_view key, std::string_view value,
                              const std::optional<SecretKey>& data_key, std::string& opened) const {
  if (!seals_) {
    opened.assign(value);
    return {};
  }
  const bool is_open = data_key ? seals_->open(*data_key, column, key, value, opened)
                                : seals_->open(column, key, value, opened);
  if (!is_open) {
    return broken_seal();
  }
  return {};
}

Result<std::optional<std::string>> Database::get(Column column, std::string_view key,
                                                 const Moment& at) const {
  rocksdb::PinnableSlice value;
  const rocksdb::Status status = db_->Get(reading(at), handle(column), slice(key), &value);
  if (status.IsNotFound()) {
    return std::optional<std::string>();
  }
  if (!status.ok()) {
    return failure("read the store", status);
  }
  std::optional<SecretKey> data_key;
  if (const auto owner = seals_ ? owner_of(column, key) : std::nullopt) {
    auto found = this->data_key(*owner, at);
    if (!found) {
      return found.error();
    }
    data_key = std::move(*found);
  }
  std::string opened;
  if (auto done = unseal(column, key, value.ToStringView(), data_key, opened); !done) {
    return done.error();
  }
  return std::optional(std::move(opened));
}

Result<std::vector<std::optional<std::string>>> Database::get(Column column,
                                                              std::span<const std::string> keys,
                                                              const Moment& at) const {
  std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  db_->MultiGet(reading(at), handle(column), keys.size(), slices.data(), values.data(),
                statuses.data());
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].ok()) {
      found.push_back(i);
    } else if (!statuses[i].IsNotFound()) {
      return failure("read the store", statuses[i]);
    }
  }
  const auto data_keys = keys_of(column, keys, found, at);
  if (!data_keys) {
    return data_keys.error();
  }
  std::vector<std::optional<std::string>> answers(keys.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::size_t at_row = found[i];
    std::string& answer = answers[at_row].emplace();
    if (auto opened =
            unseal(column, keys[at_row], values[at_row].ToStringView(), (*data_keys)[i], answer);
        !opened) {
      return opened.error();
    }
  }
  return answers;
}

/// The keys of the rows at `found` among `keys`; none for rows without keys of their own.
Result<std::vector<std::optional<SecretKey>>> Database::keys_of(Column column,
                                                                std::span<const std::string> keys,
                                                                std::span<const std::size_t> found,
                                                                const Moment& at) const {
  std::vector<KeyOwner> owners;
  for (std::size_t i = 0; seals_ && i < found.size(); ++i) {
    if (const auto owner = owner_of(column, keys[found[i]])) {
      owners.push_back(*owner);
    }
  }
  if (owners.size() != found.size()) {
    return std::vector<std::optional<SecretKey>>(found.size());
  }
  return data_keys(owners, at);
}

struct Database::Rows::Bound {
  explicit Bound(std::string_view below) : key(below), slice(key) {}

  std::string key;
  rocksdb::Slice slice;
};

Database::Rows::Rows(const Database& database, Column column, Moment moment,
                     std::string_view prefix, std::string_view below)
    : database_(&database),
      column_(column),
      moment_(std::move(moment)),
      prefix_(prefix),
      bound_(below.empty() ? nullptr : std::make_unique<Bound>(below)) {
  rocksdb::ReadOptions options = reading(moment_);
  options.iterate_upper_bound = bound_ == nullptr ? nullptr : &bound_->slice;
  iterator_.reset(database.db_->NewIterator(options, database.handle(column)));
}

Database::Rows::~Rows() {
  if (column_ == Column::Keys) {
    wipe(scratch_);
  }
}
Database::Rows::Rows(Rows&&) noexcept = default;

bool Database::Rows::valid() const {
  return iterator_->Valid() && iterator_->key().starts_with(prefix_);
}

void Database::Rows::next() { iterator_->Next(); }

std::string_view Database::Rows::key() const { return iterator_->key().ToStringView(); }

Result<std::string_view> Database::Rows::value() {
  const std::string_view stored = iterator_->value().ToStringView();
  if (!database_->seals_) {
    return stored;
  }
  std::optional<SecretKey> data_key;
  if (const auto owner = owner_of(column_, key())) {
    auto found = this->data_key(*owner);
    if (!found) {
      return found.error();
    }
    data_key = std::move(*found);
  }
  if (auto opened = database_->unseal(column_, key(), stored, data_key, scratch_); !opened) {
    return opened.error();
  }
  return scratch_;
}

bool Database::Rows::is_up_to_date() const {
  if (!database_->seals_ || (column_ == Column::Header && key() == kRing)) {
    return true;
  }
  return database_->seals_->is_up_to_date(iterator_->value().ToStringView());
}

/// Mostly rows and their keys are in the same order: then the next key is the next one there.
Result<std::optional<SecretKey>> Database::Rows::data_key(const KeyOwner& owner) {
  if (auto cached = database_->seals_->cache().find(owner)) {
    return cached;
  }
  const rocksdb::Slice wanted = slice(owner.text());
  if (!keys_) {
    keys_.reset(database_->db_->NewIterator(reading(moment_), database_->handle(Column::Keys)));
    keys_->Seek(wanted);
  } else if (keys_->Valid() && keys_->key().compare(wanted) < 0) {
    keys_->Next();
  }
  if (!keys_->Valid() || keys_->key() != wanted) {
    keys_->Seek(wanted);
  }
  if (auto status = checked("read the store", keys_->status()); !status) {
    return status.error();
  }
  if (!keys_->Valid() || keys_->key() != wanted) {
    return std::optional<SecretKey>();
  }
  auto key = database_->seals_->unwrap(owner, keys_->value().ToStringView());
  if (!key) {
    return broken_seal();
  }
  return key;
}

Result<void> Database::Rows::status() const {
  return checked("read the store", iterator_->status());
}

Database::Rows Database::rows(Column column, std::string_view prefix, std::string_view from,
                              const Moment& at, std::string_view below) const {
  Rows rows(*this, column, at, prefix, below);
  rows.iterator_->Seek(slice(from.empty() ? prefix : from));
  return rows;
}

Database::Rows Database::last_row(Column column, std::string_view prefix, std::string_view before,
                                  const Moment& at) const {
  Rows rows(*this, column, at, prefix);
  rows.iterator_->SeekForPrev(slice(before));
  if (rows.iterator_->Valid() && rows.iterator_->key() == slice(before)) {
    rows.iterator_->Prev();
  }
  return rows;
}

std::vector<TableFile> Database::table_files() const {
  std::vector<rocksdb::LiveFileMetaData> live;
  db_->GetLiveFilesMetaData(&live);
  std::vector<TableFile> tables;
  for (rocksdb::LiveFileMetaData& file : live) {
    tables.push_back({.name = std::move(file.name), .column = std::move(file.column_family_name)});
  }
  return tables;
}

Result<void> Database::check_table(const TableFile& table) const {
  rocksdb::SstFileReader reader(db_->GetOptions());
  rocksdb::Status status = reader.Open(directory_.string() + table.name);
  if (status.ok()) {
    status = reader.VerifyChecksum();
  }
  const auto is_this = [&table](const TableFile& other) { return other.name == table.name; };
  if ((status.IsPathNotFound() || status.IsNotFound()) &&
      std::ranges::none_of(table_files(), is_this)) {
    return {};
  }
  return checked("read the store", status);
}

Result<void> Database::checkpoint(const std::filesystem::path& folder) const {
  rocksdb::Checkpoint* made = nullptr;
  const rocksdb::Status status = rocksdb::Checkpoint::Create(db_.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (!status.ok()) {
    return failure("copy the rows", status);
  }
  // 0: all goes into tables first, so that no log has to be copied.
  return checked("copy the rows", checkpoint->CreateCheckpoint(folder.string(), 0));
}

Result<void> Database::rewrap_ring(const SecretKey& store_key) {
  *store_key_ = store_key;
  return store_ring(*seals_->ring(), {});
}

std::uint64_t Database::bytes_on_disk() const {
  std::uint64_t tables = 0;
  std::uint64_t logs = 0;
  db_->GetAggregatedIntProperty(rocksdb::DB::Properties::kTotalSstFilesSize, &tables);
  db_->GetAggregatedIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &logs);
  return tables + logs;
}

}  // namespace sightingd
