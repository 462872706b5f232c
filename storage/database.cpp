#include "storage/database.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
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
/// Small files, so that rewriting the file of an erased post is quick.
constexpr std::size_t kTableFile = 8 * kMiB;

/// Beside RocksDB's own files, which it leaves alone.
constexpr const char* kSyncedMark = "SYNCED";

/// More keys than this are rewritten as one range from the first to the last.
constexpr std::size_t kKeysOneByOne = 16;

constexpr std::array<const char*, kColumns> kNames = {
    "default",   "ids",     "sightings", "feed",     "photos",     "hashes",
    "showings",  "links",   "watches",   "coverage", "positions",  "pending",
    "suspected", "authors", "counted",   "skipped",  "skip-memory"};

/// Columns that are mostly asked for keys they do not have.
bool is_mostly_missed(Column column) {
  return column == Column::Ids || column == Column::Authors || column == Column::Counted ||
         column == Column::SkipMemory;
}

Error failure(std::string_view doing, const rocksdb::Status& status) {
  const bool damaged = status.IsCorruption();
  std::string message("cannot ");
  message.append(doing).append(": ").append(status.ToString());
  if (damaged) {
    message.append("; the store is damaged: restore it from a backup");
  }
  return {ErrorCode::Storage, std::move(message), damaged ? "damaged" : ""};
}

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
  options.keep_log_file_num = 2;
  options.max_log_file_size = kMiB;
  // Else the keys of an erased post would stand in its log: it names the range of every compaction.
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions column_options(Column column,
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
  options.compression = rocksdb::kLZ4Compression;
  return options;
}

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

rocksdb::ReadOptions reading(const Moment& at) {
  rocksdb::ReadOptions options;
  options.snapshot = at.get();
  return options;
}

std::string place_of(Column column, std::string_view key) {
  std::string place(1, static_cast<char>(column));
  place.append(key);
  return place;
}

Error lost_rows(const std::filesystem::path& mark) {
  return {
      ErrorCode::Storage,
      "the store is damaged: its log has lost posts that were safe; restore it from a backup, or "
      "remove " +
          mark.string() + " to go on without them",
      "damaged"};
}

Error broken_seal() {
  return {ErrorCode::Storage,
          "a value of the store cannot be opened; the store is damaged: restore it from a backup",
          "damaged"};
}

}  // namespace

Changes::Changes() : batch_(std::make_unique<rocksdb::WriteBatch>()) {}
Changes::~Changes() = default;
Changes::Changes(Changes&&) noexcept = default;
Changes& Changes::operator=(Changes&&) noexcept = default;

Database::Database(const Sealer& sealer) : sealer_(sealer) {}

Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& directory,
                                                 const Sealer& sealer) {
  const auto cache = rocksdb::NewLRUCache(kBlockCache, 2);
  std::vector<rocksdb::ColumnFamilyDescriptor> columns;
  for (std::size_t i = 0; i < kColumns; ++i) {
    columns.emplace_back(kNames[i], column_options(static_cast<Column>(i), cache));
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(database_options(), directory.string(), columns, &handles, &opened);
  std::unique_ptr<Database> database(new Database(sealer));
  database->db_.reset(opened);
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    database->handles_.emplace_back(handle);
  }
  if (!status.ok()) {
    return failure("open the store", status);
  }
  auto synced = SyncedMark::open(directory / kSyncedMark);
  if (!synced) {
    return synced.error();
  }
  if (opened->GetLatestSequenceNumber() < synced->reached()) {
    return lost_rows(directory / kSyncedMark);
  }
  database->synced_ = std::move(*synced);
  return database;
}

rocksdb::ColumnFamilyHandle* Database::handle(Column column) const {
  return handles_[static_cast<std::size_t>(column)].get();
}

void Database::put(Changes& changes, Column column, std::string_view key, std::string value) const {
  const std::string sealed = sealer_.seal(place_of(column, key), std::move(value));
  // Into memory: fails only beyond 4 GiB.
  changes.batch_->Put(handle(column), slice(key), sealed).PermitUncheckedError();
}

void Database::erase(Changes& changes, Column column, std::string_view key) const {
  changes.batch_->Delete(handle(column), slice(key)).PermitUncheckedError();
}

Result<void> Database::write(Changes changes) {
  return checked("write to the store", db_->Write({}, changes.batch_.get()));
}

Result<void> Database::sync() {
  const std::uint64_t written = db_->GetLatestSequenceNumber();
  if (auto synced = checked("write to the store", db_->SyncWAL()); !synced) {
    return synced;
  }
  return synced_->advance(written);
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

Moment Database::moment() const {
  rocksdb::DB* const database = db_.get();
  return {database->GetSnapshot(),
          [database](const rocksdb::Snapshot* snapshot) { database->ReleaseSnapshot(snapshot); }};
}

Result<std::string> Database::unseal(Column column, std::string_view key,
                                     std::string_view value) const {
  std::string scratch;
  const auto opened = sealer_.open(place_of(column, key), value, scratch);
  if (!opened) {
    return broken_seal();
  }
  return std::string(*opened);
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
  auto opened = unseal(column, key, value.ToStringView());
  if (!opened) {
    return opened.error();
  }
  return std::optional(std::move(*opened));
}

Result<std::vector<std::optional<std::string>>> Database::get(Column column,
                                                              std::span<const std::string> keys,
                                                              const Moment& at) const {
  std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  db_->MultiGet(reading(at), handle(column), keys.size(), slices.data(), values.data(),
                statuses.data());
  std::vector<std::optional<std::string>> answers(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].IsNotFound()) {
      continue;
    }
    if (!statuses[i].ok()) {
      return failure("read the store", statuses[i]);
    }
    auto opened = unseal(column, keys[i], values[i].ToStringView());
    if (!opened) {
      return opened.error();
    }
    answers[i] = std::move(*opened);
  }
  return answers;
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

Database::Rows::~Rows() = default;
Database::Rows::Rows(Rows&&) noexcept = default;

bool Database::Rows::valid() const {
  return iterator_->Valid() && iterator_->key().starts_with(prefix_);
}

void Database::Rows::next() { iterator_->Next(); }

std::string_view Database::Rows::key() const { return iterator_->key().ToStringView(); }

Result<std::string_view> Database::Rows::value() {
  const auto opened = database_->sealer_.open(place_of(column_, key()),
                                              iterator_->value().ToStringView(), scratch_);
  if (!opened) {
    return broken_seal();
  }
  return *opened;
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

std::uint64_t Database::bytes_on_disk() const {
  std::uint64_t tables = 0;
  std::uint64_t logs = 0;
  db_->GetAggregatedIntProperty(rocksdb::DB::Properties::kTotalSstFilesSize, &tables);
  db_->GetAggregatedIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &logs);
  return tables + logs;
}

}  // namespace sightingd
