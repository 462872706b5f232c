#include "storage/backup/restoring.h"

#include "storage/database.h"
#include "storage/encoding/record.h"
#include "storage/ledger/erasure_ledger.h"
#include "storage/next_epoch.h"
#include "storage/owed_erasures.h"
#include "storage/replacement.h"
#include "storage/sealing/sealed_copy.h"
#include "storage/store_folder.h"
#include "storage/tables.h"

#include <algorithm>
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
  Restoring(const RestoreOrder& order, Replacement replacement)
      : order_(order),
        replacement_(std::move(replacement)),
        new_(replacement_.folder()),
        ledger_folder_(ledger_folder_of(order.store)) {}

  Result<Restored> run() {
    using Step = Result<void> (Restoring::*)();
    for (const Step step :
         {&Restoring::find_keys, &Restoring::find_ledger, &Restoring::copy_objects,
          &Restoring::copy_files, &Restoring::begin_new_epoch, &Restoring::put_in_place}) {
      if (auto done = (this->*step)(); !done) {
        return done.error();
      }
    }
    return restored_;
  }

 private:
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
    const auto epoch = next_epoch(header->epoch, ledger_.get(), keys_.get(), order_.now);
    if (!epoch) {
      return epoch.error();
    }
    restored_.epoch = *epoch;
    header->epoch = *epoch;
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

  Result<void> put_in_place() {
    if (auto synced = replacement_.sync(order_.now); !synced) {
      return synced;
    }
    if (ledger_is_broken_) {
      std::error_code error;
      fs::rename(ledger_folder_ / "ledger",
                 ledger_folder_ / ("ledger.set-aside-" + file_name_of(order_.now)), error);
      if (error) {
        return failed("set the broken ledger aside", error);
      }
    }
    auto set_aside = replacement_.take_place();
    if (!set_aside) {
      return set_aside.error();
    }
    restored_.set_aside = std::move(*set_aside);
    return {};
  }

  const RestoreOrder& order_;
  Replacement replacement_;
  const fs::path new_;
  const fs::path ledger_folder_;
  std::unique_ptr<BackupKeys> keys_;
  record::BackupKeyList list_;
  SecretKey key_of_rows_;
  std::unique_ptr<ErasureLedger> ledger_;
  bool ledger_is_broken_ = false;
  Restored restored_;
};

}  // namespace

Result<Restored> restore_store(const RestoreOrder& order) {
  auto replacement = Replacement::begin(order.store.path);
  if (!replacement) {
    return replacement.error();
  }
  return Restoring(order, std::move(*replacement)).run();
}

}  // namespace sightingd
