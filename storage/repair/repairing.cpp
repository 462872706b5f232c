#include "storage/repair/repairing.h"

#include "storage/backup/backup_keys.h"
#include "storage/check/row_shape.h"
#include "storage/database.h"
#include "storage/encoding/keys.h"
#include "storage/encoding/lookup_hash.h"
#include "storage/encoding/record.h"
#include "storage/ledger/erasure_ledger.h"
#include "storage/next_epoch.h"
#include "storage/photo_files.h"
#include "storage/repair/gaps.h"
#include "storage/repair/rebuilding.h"
#include "storage/replacement.h"
#include "storage/store_folder.h"
#include "storage/tables.h"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

namespace sightingd {
namespace {

namespace fs = std::filesystem;

/// Rows that are copied are written so many at once.
constexpr std::size_t kRowsAtOnce = 1000;

/// Within the folder of the new store: copies of the rows, for when they cannot be opened as they
/// are.
constexpr const char* kGathered = "gathered";

constexpr std::size_t kHashSize = sizeof(LookupHash::bytes);

/// What follows from the records of sightings and photos.
constexpr std::array kIndexes = {Column::Ids,   Column::Feed,      Column::Hashes,
                                 Column::Links, Column::Showings,  Column::Positions,
                                 Column::Holds, Column::Suspected, Column::Pending};

Error failed(const std::string& doing, const std::error_code& error) {
  return {ErrorCode::Storage, "cannot " + doing + ": " + error.message()};
}

Error beyond_repair(const std::string& what) {
  return {ErrorCode::Storage, "the store cannot be repaired, for " + what + ": only a backup helps",
          "damaged"};
}

Result<std::unique_ptr<PhotoFiles>> photos_in(const fs::path& store, const Database& database,
                                              const LookupHasher& hasher) {
  auto folder = open_folder(store / "photos");
  if (!folder) {
    return folder.error();
  }
  return std::make_unique<PhotoFiles>(store / "photos", std::move(*folder), database, hasher,
                                      [](const PhotoId&) -> Result<bool> { return true; });
}

/// Copies what is in `folder`, but tables, which are never written, share their bytes; a file that
/// cannot be copied is left out.
Result<void> copy_rows(const fs::path& folder, const fs::path& to) {
  if (auto made = open_folder(to); !made) {
    return made.error();
  }
  std::error_code error;
  fs::directory_iterator file(folder, error);
  for (; !error && file != fs::directory_iterator(); file.increment(error)) {
    const fs::path copy = to / file->path().filename();
    std::error_code not_linked = std::make_error_code(std::errc::not_supported);
    if (file->path().extension() == ".sst") {
      fs::create_hard_link(file->path(), copy, not_linked);
    }
    if (not_linked) {
      std::error_code left_out;
      fs::copy_file(file->path(), copy, left_out);
    }
  }
  return error ? failed("read the folder of the rows", error) : Result<void>();
}

class Repairing {
 public:
  Repairing(const RepairOrder& order, Replacement replacement, std::optional<unsigned> format)
      : order_(order), replacement_(std::move(replacement)), format_(format) {}

  Result<Repaired> run() {
    using Step = Result<void> (Repairing::*)();
    for (const Step step : {&Repairing::open_damaged, &Repairing::read_header, &Repairing::rebuild,
                            &Repairing::copy_columns}) {
      if (auto done = (this->*step)(); !done) {
        return done.error();
      }
    }
    repaired_.was_whole = is_whole();
    if (repaired_.was_whole) {
      return repaired_;
    }
    for (const Step step : {&Repairing::begin_new_epoch, &Repairing::put_in_place}) {
      if (auto done = (this->*step)(); !done) {
        return done.error();
      }
    }
    return repaired_;
  }

 private:
  using Wanted = std::function<bool(std::string_view key, std::string_view value)>;
  using Taker = std::function<void(Changes&, std::string_view key, std::string_view value)>;

  Result<void> open_damaged() {
    const fs::path rows = order_.store.path / "rows";
    auto opened = Database::open_damaged(rows, order_.store_key);
    if (!opened && opened.error().reason == "damaged") {
      structure_is_lost_ = true;
      opened = gather(rows);
    }
    if (!opened) {
      return opened.error().reason == "damaged"
                 ? beyond_repair("what holds its rows together is lost")
                 : opened.error();
    }
    damaged_ = std::move(*opened);
    return {};
  }

  /// From copies, for that changes them.
  Result<std::unique_ptr<Database>> gather(const fs::path& rows) const {
    const fs::path folder = replacement_.folder() / kGathered;
    if (auto copied = copy_rows(rows, folder); !copied) {
      return copied.error();
    }
    if (auto gathered = Database::gather(folder); !gathered) {
      return gathered.error();
    }
    return Database::open_damaged(folder, order_.store_key);
  }

  Result<void> read_header() {
    const auto value = damaged_->get(Column::Header, "header");
    auto header =
        value && *value ? record::decode_header(**value) : Result<record::StoreHeader>(Error{});
    if (!header || header->lookup_key.size() != LookupHasher::kKeySize) {
      return beyond_repair("the row that holds it together is lost");
    }
    header_ = std::move(*header);
    hasher_ = std::make_unique<LookupHasher>(header_.lookup_key);
    const auto counters = Tables(*damaged_, *hasher_).counters();
    if (!counters) {
      return beyond_repair("the row with the newest numbers is lost");
    }
    counters_ = *counters;
    return {};
  }

  Result<void> rebuild() {
    auto built_rows = Database::open(replacement_.folder() / "rows",
                                     damaged_->is_sealed() ? order_.store_key : std::nullopt);
    if (!built_rows) {
      return built_rows.error();
    }
    built_ = std::move(*built_rows);
    const auto old_photos = photos_in(order_.store.path, *damaged_, *hasher_);
    if (!old_photos) {
      return old_photos.error();
    }
    const auto new_photos = photos_in(replacement_.folder(), *built_, *hasher_);
    if (!new_photos) {
      return new_photos.error();
    }
    const BareStore damaged{*damaged_, **old_photos};
    const BareStore built{*built_, **new_photos};
    Rebuilding rebuilding(damaged, built, *hasher_, counters_, order_.now);
    if (auto done = rebuilding.run(); !done) {
      return done;
    }
    find_gaps(rebuilding);
    repaired_.sightings = counters_.living_sightings;
    repaired_.photos = counters_.living_photos;
    repaired_.lost_photos = rebuilding.lost_photos();
    repaired_.has_lost_end = damaged_->log_loss() == Database::LogLoss::End;
    return {};
  }

  void find_gaps(const Rebuilding& rebuilding) {
    const Tables tables(*built_, *hasher_);
    const Gaps::Saved saved{
        .has = [&](std::uint64_t ordinal) { return rebuilding.is_saved(ordinal); },
        .posted_at = [&](std::uint64_t ordinal) -> std::optional<TimePoint> {
          const auto known = tables.sighting(ordinal);
          return known && *known ? std::optional((*known)->sighting.post.posted_at) : std::nullopt;
        }};
    // Rows may be missing without a trace.
    const bool may_lack_anything = structure_is_lost_ ||
                                   damaged_->log_loss() == Database::LogLoss::Holes ||
                                   format_.value_or(kStoreFormat) != kStoreFormat;
    gaps_ = Gaps::find(*damaged_, saved, may_lack_anything);
    if (gaps_.may_be_anywhere()) {
      counters_.ledger_entry = 0;  // What was erased may be there again.
    }
    repaired_.lost_sightings = gaps_.lost_sightings();
    repaired_.may_lack_anything = gaps_.may_be_anywhere();
  }

  Result<void> copy_columns() {
    const auto all = [](std::string_view, std::string_view) { return true; };
    const auto is_kept = [](std::string_view key, std::string_view) {
      // The new store has its own; there are no tombstones in its feed.
      return key != Database::ring_row().key && key != "counters" && key != kFeedDays;
    };
    const auto still_serves = [this](std::string_view key, std::string_view) {
      const bool is_progress = key.size() > kHashSize && key[kHashSize] == watch_row::kProgress;
      const bool serves = !is_progress || !gaps_.concern(key.substr(0, kHashSize));
      repaired_.watches_read_anew += serves ? 0 : 1;
      return serves;
    };
    const auto is_refused = [](std::string_view, std::string_view value) {
      // What no record says: an operator erased it before there was an erasure ledger.
      const auto row = record::decode_id_row(value);
      return row && !row->ordinal;
    };
    // What is lost is not to count twice when it comes again.
    const bool counts_serve = gaps_.lost_sightings() == 0 && !gaps_.may_be_anywhere();
    const std::pair<Column, Wanted> columns[] = {{Column::Header, is_kept},
                                                 {Column::Watches, still_serves},
                                                 {Column::Ids, is_refused},
                                                 {Column::Authors, [counts_serve](auto, auto) { return counts_serve; }},
                                                 {Column::Counted, all},
                                                 {Column::Skipped, all},
                                                 {Column::SkipMemory, all}};
    for (const auto& [column, wanted] : columns) {
      if (auto copied = copy(column, wanted); !copied) {
        return copied;
      }
    }
    return copy_coverage();
  }

  Result<void> copy(Column column, const Wanted& wanted) {
    return walk(column, [&](Changes& changes, std::string_view key, std::string_view value) {
      if (wanted(key, value)) {
        built_->put(changes, column, key, value);
      }
    });
  }

  Result<void> copy_coverage() {
    return walk(Column::Coverage,
                [&](Changes& changes, std::string_view key, std::string_view value) {
                  auto row = record::decode_coverage_row(value);
                  if (!row || key.size() < kHashSize) {
                    note_damage(Column::Coverage);
                    return;
                  }
                  LookupHash watch;
                  std::ranges::copy(key.substr(0, kHashSize), watch.bytes.begin());
                  for (const CoverageRow& left : gaps_.cut_out(watch.text(), std::move(*row))) {
                    built_->put(changes, Column::Coverage, keys::coverage(watch, left.range.begin),
                                record::encode(left));
                  }
                });
  }

  /// From both ends up to where rows are damaged.
  Result<void> walk(Column column, const Taker& take) {
    Changes changes;
    std::string last;
    Database::Rows rows = damaged_->rows(column);
    for (; rows.valid(); rows.next()) {
      last = rows.key();
      if (auto taken = take_row(column, rows, changes, take); !taken) {
        return taken;
      }
    }
    std::string before(64, '\xff');
    while (!rows.status()) {
      note_damage(column);
      Database::Rows row = damaged_->last_row(column, {}, before);
      if (!row.valid() || row.key() <= last) {
        break;
      }
      before = row.key();
      if (auto taken = take_row(column, row, changes, take); !taken) {
        return taken;
      }
    }
    return built_->write(std::move(changes));
  }

  Result<void> take_row(Column column, Database::Rows& row, Changes& changes, const Taker& take) {
    if (column == Column::Header && row.key() == Database::ring_row().key) {
      return {};
    }
    const auto value = row.value();
    if (!value || !is_record(column, *value)) {
      note_damage(column);
      return {};
    }
    take(changes, row.key(), *value);
    return changes.size() < kRowsAtOnce ? Result<void>()
                                        : built_->write(std::exchange(changes, {}));
  }

  void note_damage(Column column) {
    const std::string name(to_text(column));
    std::vector<std::string>& columns = repaired_.damaged_columns;
    if (std::ranges::find(columns, name) == columns.end()) {
      columns.push_back(name);
    }
  }

  bool is_whole() const {
    const auto is_damaged = [this](const TableFile& table) {
      return !damaged_->check_table(table);
    };
    return format_ && !structure_is_lost_ && damaged_->log_loss() == Database::LogLoss::None &&
           repaired_.lost_sightings == 0 && repaired_.lost_photos == 0 &&
           !repaired_.may_lack_anything && repaired_.damaged_columns.empty() &&
           std::ranges::none_of(damaged_->table_files(), is_damaged) &&
           std::ranges::all_of(kIndexes, [this](Column column) { return is_as_built(column); });
  }

  /// Whether an index was there as it follows from the records.
  bool is_as_built(Column column) const {
    Database::Rows there = damaged_->rows(column);
    Database::Rows built = built_->rows(column);
    for (; there.valid(); there.next()) {
      const auto value = there.value();
      if (value && column == Column::Feed && is_tombstone(*value)) {
        continue;
      }
      if (!value || !built.valid() || there.key() != built.key()) {
        return false;
      }
      const auto made = built.value();
      if (!made || *made != *value) {
        return false;
      }
      built.next();
    }
    return there.status() && !built.valid();
  }
  static bool is_tombstone(std::string_view value) {
    const auto row = record::decode_feed_row(value);
    return row && !row->living;
  }

  Result<void> begin_new_epoch() {
    const auto epoch = new_epoch();
    if (!epoch) {
      return epoch.error();
    }
    header_.epoch = *epoch;
    Changes changes;
    built_->put(changes, Column::Header, "header", record::encode(header_));
    built_->put(changes, Column::Header, "counters", record::encode(counters_));
    if (auto written = built_->write(std::move(changes)); !written) {
      return written;
    }
    if (auto synced = built_->sync(); !synced) {
      return synced;
    }
    return built_->flush();
  }

  Result<std::uint16_t> new_epoch() const {
    const fs::path folder = ledger_folder_of(order_.store);
    const std::optional<SecretKey> key = damaged_->is_sealed() ? order_.store_key : std::nullopt;
    auto ledger = ErasureLedger::open(folder, key, counters_.ledger_entry);
    if (!ledger) {
      return ledger.error();
    }
    std::unique_ptr<BackupKeys> keys;
    if (key) {
      auto opened = BackupKeys::open(folder, *key);
      if (!opened) {
        return opened.error();
      }
      keys = std::move(*opened);
    }
    return next_epoch(header_.epoch, ledger->get(), keys.get(), order_.now);
  }

  Result<void> put_in_place() {
    built_.reset();
    damaged_.reset();
    std::error_code error;
    fs::remove_all(replacement_.folder() / kGathered, error);
    if (error) {
      return failed("remove copies of the rows", error);
    }
    const fs::path audit = order_.store.path / "audit";
    if (fs::exists(audit, error)) {
      fs::copy(audit, replacement_.folder() / "audit", fs::copy_options::recursive, error);
    }
    if (error) {
      return failed("copy the audit log", error);
    }
    if (auto written = write_format(replacement_.folder()); !written) {
      return written;
    }
    if (auto synced = replacement_.sync(order_.now); !synced) {
      return synced;
    }
    auto set_aside = replacement_.take_place();
    if (!set_aside) {
      return set_aside.error();
    }
    repaired_.set_aside = std::move(*set_aside);
    return {};
  }

  const RepairOrder& order_;
  Replacement replacement_;
  /// Of the damaged store, if it says it.
  const std::optional<unsigned> format_;
  bool structure_is_lost_ = false;
  std::unique_ptr<Database> damaged_;
  record::StoreHeader header_;
  std::unique_ptr<LookupHasher> hasher_;
  Counters counters_;
  std::unique_ptr<Database> built_;
  Gaps gaps_;
  Repaired repaired_;
};

}  // namespace

Result<Repaired> repair_store(const RepairOrder& order) {
  std::error_code ignored;
  if (!fs::exists(order.store.path / "rows", ignored)) {
    return Error{ErrorCode::Storage, "there is no store at " + order.store.path.string()};
  }
  const auto format = read_format(order.store.path);
  if (!format && format.error().reason != "damaged") {
    return format.error();
  }
  auto replacement = Replacement::begin(order.store.path);
  if (!replacement) {
    return replacement.error();
  }
  return Repairing(order, std::move(*replacement), format ? *format : std::nullopt).run();
}

}  // namespace sightingd
