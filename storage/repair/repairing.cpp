#include "storage/repair/repairing.h"

#include "storage/backup/backup_keys.h"
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
#include <functional>
#include <memory>
#include <string>
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

Error failed(const std::string& doing, const std::error_code& error) {
  return {ErrorCode::Storage, "cannot " + doing + ": " + error.message()};
}

Error beyond_repair(const std::string& what) {
  return {ErrorCode::Storage,
          "the store cannot be repaired: " + what + "; restore it from a backup", "damaged"};
}

std::unique_ptr<PhotoFiles> photos_in(const fs::path& folder, FileDescriptor opened,
                                      const Database& database, const LookupHasher& hasher) {
  return std::make_unique<PhotoFiles>(folder, std::move(opened), database, hasher,
                                      [](const PhotoId&) -> Result<bool> { return true; });
}

class Repairing {
 public:
  Repairing(const RepairOrder& order, Replacement replacement)
      : order_(order), replacement_(std::move(replacement)) {}

  Result<Repaired> run() {
    using Step = Result<void> (Repairing::*)();
    for (const Step step : {&Repairing::open_damaged, &Repairing::read_header,
                            &Repairing::begin_new, &Repairing::rebuild, &Repairing::copy_columns}) {
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

  /// From copies, for that changes them. Tables are never written, and are not copied.
  Result<std::unique_ptr<Database>> gather(const fs::path& rows) const {
    const fs::path folder = replacement_.folder() / kGathered;
    std::error_code error;
    if (!fs::is_directory(rows, error)) {
      return beyond_repair("its rows are missing");
    }
    if (auto made = open_folder(folder); !made) {
      return made.error();
    }
    for (const fs::directory_entry& entry : fs::directory_iterator(rows, error)) {
      const fs::path copy = folder / entry.path().filename();
      std::error_code not_linked;
      if (entry.path().extension() == ".sst") {
        fs::create_hard_link(entry.path(), copy, not_linked);
      }
      if (not_linked || entry.path().extension() != ".sst") {
        fs::copy_file(entry.path(), copy, error);
      }
      if (error) {
        break;
      }
    }
    if (error) {
      return failed("copy the rows of the store", error);
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
    auto counters = Tables(*damaged_, *hasher_).counters();
    if (!counters) {
      return beyond_repair("the numbers of its newest rows are lost");
    }
    counters_ = *counters;
    return {};
  }

  Result<void> begin_new() {
    const fs::path& folder = replacement_.folder();
    for (const char* const part : {"rows", "photos"}) {
      if (auto made = open_folder(folder / part); !made) {
        return made.error();
      }
    }
    auto built =
        Database::open(folder / "rows", damaged_->is_sealed() ? order_.store_key : std::nullopt);
    if (!built) {
      return built.error();
    }
    built_ = std::move(*built);
    return {};
  }

  Result<void> rebuild() {
    auto old_folder = open_folder(order_.store.path / "photos");
    if (!old_folder) {
      return old_folder.error();
    }
    auto new_folder = open_folder(replacement_.folder() / "photos");
    if (!new_folder) {
      return new_folder.error();
    }
    const auto old_photos =
        photos_in(order_.store.path / "photos", std::move(*old_folder), *damaged_, *hasher_);
    const auto new_photos =
        photos_in(replacement_.folder() / "photos", std::move(*new_folder), *built_, *hasher_);
    const BareStore damaged{order_.store.path / "photos", *damaged_, *old_photos};
    const BareStore built{replacement_.folder() / "photos", *built_, *new_photos};
    Rebuilding rebuilding(damaged, built, *hasher_, counters_, order_.now);
    if (auto done = rebuilding.run(); !done) {
      return done;
    }
    const Tables tables(*built_, *hasher_);
    gaps_ = Gaps::find(*damaged_, rebuilding.lost_sightings(), structure_is_lost_,
                       [&](std::uint64_t ordinal) -> std::optional<TimePoint> {
                         const auto known = tables.sighting(ordinal);
                         return known && *known ? std::optional((*known)->sighting.post.posted_at)
                                                : std::nullopt;
                       });
    repaired_.sightings = counters_.living_sightings;
    repaired_.photos = counters_.living_photos;
    repaired_.lost_photos = rebuilding.lost_photos();
    repaired_.lost_sightings = gaps_.lost_sightings();
    repaired_.may_lack_anything = gaps_.may_be_anywhere();
    return {};
  }

  Result<void> copy_columns() {
    const auto all = [](std::string_view) { return true; };
    const auto is_kept = [](std::string_view key) {
      // The new store has its own; there are no tombstones in its feed.
      return key != Database::ring_row().key && key != "counters" && key != kFeedDays;
    };
    const auto still_serves = [this](std::string_view key) {
      const bool is_progress = key.size() > kHashSize && key[kHashSize] == watch_row::kProgress;
      const bool serves = !is_progress || !gaps_.concern(key.substr(0, kHashSize));
      repaired_.watches_read_anew += serves ? 0 : 1;
      return serves;
    };
    if (auto copied = copy(Column::Header, is_kept); !copied) {
      return copied;
    }
    if (auto copied = copy(Column::Watches, still_serves); !copied) {
      return copied;
    }
    for (const Column column :
         {Column::Authors, Column::Counted, Column::Skipped, Column::SkipMemory}) {
      if (auto copied = copy(column, all); !copied) {
        return copied;
      }
    }
    return copy_coverage();
  }

  /// Rows that `wanted` says of, by their keys, from both ends up to where they are damaged.
  Result<void> copy(Column column, const std::function<bool(std::string_view)>& wanted) {
    return walk(column, [&](Changes& changes, std::string_view key, std::string_view value) {
      if (wanted(key)) {
        built_->put(changes, column, key, value);
      }
    });
  }

  Result<void> copy_coverage() {
    return walk(Column::Coverage,
                [&](Changes& changes, std::string_view key, std::string_view value) {
                  auto row = record::decode_coverage_row(value);
                  if (!row || key.size() < kHashSize) {
                    has_damaged_rows_ = true;
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

  using Taker = std::function<void(Changes&, std::string_view key, std::string_view value)>;

  Result<void> walk(Column column, const Taker& take) {
    Changes changes;
    const auto take_row = [&](Database::Rows& rows) -> Result<void> {
      if (column == Column::Header && rows.key() == Database::ring_row().key) {
        return {};
      }
      const auto value = rows.value();
      if (!value) {
        has_damaged_rows_ = true;
        return {};
      }
      take(changes, rows.key(), *value);
      return changes.size() < kRowsAtOnce ? Result<void>()
                                          : built_->write(std::exchange(changes, {}));
    };
    std::string last;
    Database::Rows rows = damaged_->rows(column);
    for (; rows.valid(); rows.next()) {
      last = rows.key();
      if (auto taken = take_row(rows); !taken) {
        return taken;
      }
    }
    std::string before(64, '\xff');
    while (!rows.status()) {
      has_damaged_rows_ = true;
      Database::Rows row = damaged_->last_row(column, {}, before);
      if (!row.valid() || row.key() <= last) {
        break;
      }
      before = row.key();
      if (auto taken = take_row(row); !taken) {
        return taken;
      }
    }
    return built_->write(std::move(changes));
  }

  bool is_whole() const {
    const auto is_damaged = [this](const TableFile& table) {
      return !damaged_->check_table(table);
    };
    return !structure_is_lost_ && !has_damaged_rows_ && repaired_.lost_photos == 0 &&
           repaired_.lost_sightings == 0 && !damaged_->has_lost_log() &&
           std::ranges::none_of(damaged_->table_files(), is_damaged);
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
  bool structure_is_lost_ = false;
  bool has_damaged_rows_ = false;
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
  if (!fs::exists(order.store.path / "rows", ignored) &&
      !fs::exists(order.store.path / "format", ignored)) {
    return Error{ErrorCode::Storage, "there is no store at " + order.store.path.string()};
  }
  if (const auto format = read_format(order.store.path);
      !format && format.error().reason != "damaged") {
    return format.error();
  }
  auto replacement = Replacement::begin(order.store.path);
  if (!replacement) {
    return replacement.error();
  }
  return Repairing(order, std::move(*replacement)).run();
}

}  // namespace sightingd
