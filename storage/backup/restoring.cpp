#include "storage/backup/restoring.h"

#include "storage/backup/cut_short.h"
#include "storage/database.h"
#include "storage/encoding/record.h"
#include "storage/ledger/erasure_ledger.h"
#include "storage/owed_erasures.h"
#include "storage/sealing/sealed_copy.h"
#include "storage/store_folder.h"
#include "storage/tables.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <system_error>
#include <utility>

namespace sightingd {
namespace {

namespace fs = std::filesystem;

Error failed(const std::string& doing, const std::error_code& error) {
  return {ErrorCode::Storage, "cannot " + doing + ": " + error.message()};
}

class Restoring {
 public:
  explicit Restoring(const RestoreOrder& order)
      : order_(order),
        store_(order.store.path),
        new_(store_ / restoring::kNew),
        ledger_folder_(ledger_folder_of(order.store)) {}

  Result<Restored> run() {
    using Step = Result<void> (Restoring::*)();
    for (const Step step :
         {&Restoring::take_lock, &Restoring::find_keys, &Restoring::find_ledger,
          &Restoring::copy_objects, &Restoring::copy_files, &Restoring::begin_new_epoch,
          &Restoring::declare_whole, &Restoring::put_in_place}) {
      if (auto done = (this->*step)(); !done) {
        // Its rows are not sealed by the backup's keys any more.
        std::error_code ignored;
        fs::remove_all(new_, ignored);
        return done.error();
      }
    }
    return restored_;
  }

 private:
  Result<void> take_lock() {
    std::error_code error;
    fs::create_directories(store_, error);
    auto folder = open_folder(store_);
    if (!folder) {
      return folder.error();
    }
    folder_ = std::move(*folder);
    auto lock = lock_store(store_);
    if (!lock) {
      return lock.error();
    }
    lock_ = std::move(*lock);
    if (auto finished = finish_restoration(store_); !finished) {
      return finished;
    }
    fs::remove_all(new_, error);
    return error ? failed("remove " + new_.string(), error) : Result<void>();
  }

  Result<void> find_keys() {
    if (!fs::is_directory(ledger_folder_)) {
      return Error{ErrorCode::Storage,
                   "there is no erasure ledger at " + ledger_folder_.string() +
                       ", where the keys of backups lie, too: bring that folder back first, and "
                       "name it in store.erasure_ledger",
                   "ledger"};
    }
    auto keys = BackupKeys::open(ledger_folder_, order_.store_key);
    if (!keys) {
      return keys.error();
    }
    auto list = (*keys)->list();
    if (!list) {
      return list.error();
    }
    keys_ = std::move(*keys);
    list_ = std::move(*list);
    const bool is_known = std::ranges::any_of(list_.backups, [&](const auto& backup) {
      return backup.id == order_.backup.id &&
             (!backup.expires_at || *backup.expires_at > order_.now);
    });
    return is_known ? Result<void>() : expired();
  }

  Error expired() const {
    const bool is_over = order_.backup.expires_at && *order_.backup.expires_at <= order_.now;
    return {ErrorCode::Storage,
            is_over
                ? "this backup could be opened until " + format_rfc3339(*order_.backup.expires_at) +
                      ", and its key is destroyed, or will be by the next start"
                : "the key of this backup is not in " + ledger_folder_.string() +
                      ": name the folder of the erasure ledger that belonged to the store in "
                      "store.erasure_ledger",
            "expired"};
  }

  Result<void> find_ledger() {
    const auto owner = ChainedLog::owner_of(ledger_folder_ / "ledger");
    const bool is_there = !owner || owner->has_value();
    if (!is_there && !order_.without_ledger) {
      return Error{ErrorCode::Storage,
                   "the erasure ledger is missing in " + ledger_folder_.string() +
                       ": bring it back. If it is lost, --without-ledger restores the store all "
                       "the same, and with it what was erased since the backup was made",
                   "ledger"};
    }
    if (!is_there) {
      return {};
    }
    auto ledger = ErasureLedger::open(ledger_folder_, order_.store_key, 0);
    if (ledger && order_.without_ledger) {
      return Error{ErrorCode::Storage,
                   "the erasure ledger is there and whole: leave --without-ledger out", "ledger"};
    }
    if (ledger) {
      ledger_ = std::move(*ledger);
      return {};
    }
    ledger_is_broken_ = ledger.error().reason == "broken-chain" ||
                        ledger.error().reason == "damaged" || ledger.error().reason == "ledger";
    return order_.without_ledger && ledger_is_broken_ ? Result<void>() : ledger.error();
  }

  Result<void> copy_objects() {
    for (const fs::path& folder :
         {new_, new_ / "rows", new_ / "photos", new_ / "audit", new_ / "audit/reasons"}) {
      if (auto made = open_folder(folder); !made) {
        return made.error();
      }
    }
    for (const BackupContent::Object& object : order_.backup.objects) {
      const auto key = std::ranges::find(list_.objects, object.id, &record::BackupObjectKey::id);
      if (key == list_.objects.end()) {
        return expired();
      }
      if (!is_object_file_name(object.file) || key->file != object.file) {
        return Error{ErrorCode::Storage, "the list of the backup is damaged", "damaged"};
      }
      if (auto opened = sealed_copy::open(object.path, new_ / object.file, key->key); !opened) {
        return Error{ErrorCode::Storage, object.path.string() + ": " + opened.error().message,
                     opened.error().reason};
      }
    }
    return {};
  }

  Result<void> copy_files() {
    for (;;) {
      const auto file = order_.backup.next_file();
      if (!file) {
        return file.error();
      }
      if (!*file) {
        return {};
      }
      if (auto copied = copy_file(**file); !copied) {
        return copied;
      }
    }
  }

  Result<void> copy_file(const BackupContent::File& file) const {
    if (!is_backup_file_name(file.name)) {
      return Error{ErrorCode::Storage, "the list of the backup is damaged", "damaged"};
    }
    std::error_code error;
    fs::copy_file(file.path, new_ / file.name, error);
    if (error) {
      return failed("copy " + file.path.string(), error);
    }
    if (fs::file_size(new_ / file.name, error) != file.bytes || error) {
      return Error{ErrorCode::Storage, file.path.string() + " has another size than it had",
                   "damaged"};
    }
    return {};
  }

  /// The feed begins anew, and the rows belong to today's key.
  Result<void> begin_new_epoch() {
    auto opened = open_rows();
    if (!opened) {
      return opened.error();
    }
    Database& rows = **opened;
    const auto value = rows.get(Column::Header, "header");
    if (!value || !*value) {
      return value ? Error{ErrorCode::Storage, "the rows of the backup are damaged", "damaged"}
                   : value.error();
    }
    auto header = record::decode_header(**value);
    if (!header) {
      return header.error();
    }
    const LookupHasher hasher(header->lookup_key);
    auto counters = Tables(rows, hasher).counters();
    if (!counters) {
      return counters.error();
    }
    if (auto new_enough = check_ledger(*counters); !new_enough) {
      return new_enough;
    }
    if (auto found = find_epoch(header->epoch); !found) {
      return found;
    }
    header->epoch = restored_.epoch;
    Changes changes;
    rows.put(changes, Column::Header, "header", record::encode(*header));
    if (!ledger_) {
      counters->ledger_entry = 0;  // A new ledger begins with its first entry.
      rows.put(changes, Column::Header, "counters", record::encode(*counters));
    }
    if (auto written = rows.write(std::move(changes)); !written) {
      return written;
    }
    if (auto given = give_todays_key(rows); !given) {
      return given;
    }
    if (auto synced = rows.sync(); !synced) {
      return synced;
    }
    return rows.flush();
  }

  Result<void> check_ledger(const Counters& counters) const {
    if (ledger_ && ledger_->newest() < counters.ledger_entry) {
      return Error{ErrorCode::Storage,
                   "the erasure ledger in " + ledger_folder_.string() +
                       " is older than the backup: bring the newest one back",
                   "ledger"};
    }
    return {};
  }

  /// One that no restoration was given before: the ledger and the keys of backups both know them.
  Result<void> find_epoch(std::uint16_t of_store) {
    const std::uint16_t last = std::max(of_store, list_.last_epoch);
    if (last == std::numeric_limits<std::uint16_t>::max()) {
      return Error{ErrorCode::Storage, "the store was restored 65,535 times: no cursors are left"};
    }
    const auto epoch = ledger_ ? ledger_->note_restoration(last, order_.now)
                               : Result<std::uint16_t>(static_cast<std::uint16_t>(last + 1));
    if (!epoch) {
      return epoch.error();
    }
    restored_.epoch = *epoch;
    return keys_->change([&](record::BackupKeyList& list) {
      list.last_epoch = *epoch;
      return Result<void>();
    });
  }

  /// The key of the time of the backup opens nothing any more.
  Result<void> give_todays_key(Database& rows) const {
    if (key_of_rows_.bytes() == order_.store_key.bytes()) {
      return {};
    }
    if (rows.is_settled()) {
      Changes changes;
      OwedErasures(rows).add_earlier_ring(changes);
      return rows.change_store_key(order_.store_key, std::move(changes));
    }
    if (auto wrapped = rows.rewrap_ring(order_.store_key); !wrapped) {
      return wrapped;
    }
    if (auto flushed = rows.flush(); !flushed) {
      return flushed;
    }
    const auto rewritten = rows.compact_all(Column::Header);
    return rewritten ? Result<void>() : rewritten.error();
  }

  /// With the key that the store had when the backup was made.
  Result<std::unique_ptr<Database>> open_rows() {
    std::vector<SecretKey> keys;
    for (const record::BackupEntry& backup : list_.backups) {
      const auto place = backup.id == order_.backup.id ? keys.begin() : keys.end();
      keys.insert(place, backup.store_key);
    }
    keys.push_back(order_.store_key);
    Result<std::unique_ptr<Database>> opened = expired();
    for (const SecretKey& key : keys) {
      opened = Database::open(new_ / "rows", key);
      key_of_rows_ = key;
      if (opened || opened.error().reason != "key") {
        break;
      }
    }
    return opened;
  }

  /// All of it is on the disk, and from here on it is the store.
  Result<void> declare_whole() {
    restored_.set_aside = unused_folder();
    if (auto written =
            write_new_file(new_ / restoring::kAsideFile, restored_.set_aside.filename().string());
        !written) {
      return written;
    }
    if (::syncfs(folder_.get()) != 0) {
      return system_error("write the restored store");
    }
    std::error_code error;
    if (ledger_is_broken_) {
      fs::rename(ledger_folder_ / "ledger", ledger_folder_ / ("ledger.set-aside-" + time_name()),
                 error);
    }
    if (!error) {
      fs::rename(new_, store_ / restoring::kWhole, error);
    }
    return error ? failed("put the store in its place", error) : sync_folder(folder_);
  }

  Result<void> put_in_place() {
    auto finished = finish_restoration(store_);
    if (finished && !fs::exists(restored_.set_aside)) {
      restored_.set_aside.clear();  // There was none.
    }
    return finished;
  }

  std::string time_name() const {
    std::string name = format_rfc3339(order_.now);
    std::erase(name, ':');
    return name;
  }

  /// Where nothing was set aside before.
  fs::path unused_folder() const {
    fs::path folder = store_ / restoring::kSetAside / time_name();
    for (int i = 2; fs::exists(folder); ++i) {
      folder = store_ / restoring::kSetAside / (time_name() + "-" + std::to_string(i));
    }
    return folder;
  }

  const RestoreOrder& order_;
  const fs::path store_;
  const fs::path new_;
  const fs::path ledger_folder_;
  FileDescriptor folder_;
  FileDescriptor lock_;
  std::unique_ptr<BackupKeys> keys_;
  record::BackupKeyList list_;
  SecretKey key_of_rows_;
  std::unique_ptr<ErasureLedger> ledger_;
  bool ledger_is_broken_ = false;
  Restored restored_;
};

}  // namespace

Result<Restored> restore_store(const RestoreOrder& order) { return Restoring(order).run(); }

}  // namespace sightingd
