#include "storage/backup/restoring.h"

#include "storage/database.h"
#include "storage/encoding/record.h"
#include "storage/ledger/erasure_ledger.h"
#include "storage/opening.h"
#include "storage/sealing/sealed_copy.h"
#include "storage/tables.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

namespace sightingd {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNew = "restoring";
constexpr const char* kSetAside = "set-aside";
/// What a store consists of. The format comes first when it goes and last when it comes: without it
/// there is no store.
constexpr std::array kParts = {"format", "rows", "photos", "audit"};

Error failed(const std::string& doing, const std::error_code& error) {
  return {ErrorCode::Storage, "cannot " + doing + ": " + error.message()};
}

class Restoring {
 public:
  explicit Restoring(const RestoreOrder& order)
      : order_(order),
        store_(order.store.path),
        new_(store_ / kNew),
        ledger_folder_(ledger_folder_of(order.store)) {}

  Result<Restored> run() {
    using Step = Result<void> (Restoring::*)();
    for (const Step step :
         {&Restoring::take_lock, &Restoring::find_keys, &Restoring::find_ledger,
          &Restoring::copy_objects, &Restoring::copy_files, &Restoring::begin_new_epoch,
          &Restoring::set_old_aside, &Restoring::put_in_place}) {
      if (auto done = (this->*step)(); !done) {
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
    list_ = std::move(*list);
    const bool is_known = std::ranges::any_of(
        list_.backups, [&](const auto& backup) { return backup.id == order_.backup.id; });
    if (!is_known) {
      return expired();
    }
    return {};
  }

  Error expired() const {
    const bool is_over = order_.backup.expires_at && *order_.backup.expires_at <= order_.now;
    return {ErrorCode::Storage,
            is_over
                ? "this backup could be opened until " + format_rfc3339(*order_.backup.expires_at) +
                      "; its key is destroyed and nothing brings it back"
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
    if (!ledger && !order_.without_ledger) {
      return ledger.error();
    }
    if (ledger) {
      ledger_ = std::move(*ledger);
      return {};
    }
    // It cannot be opened: what is left of it stays.
    std::error_code error;
    fs::rename(ledger_folder_ / "ledger", ledger_folder_ / ("ledger.set-aside-" + time_name()),
               error);
    return error ? failed("set the erasure ledger aside", error) : Result<void>();
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
      if (!is_object_file_name(object.file)) {
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
      ++restored_.files;
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
    const std::unique_ptr<Database> rows = std::move(*opened);
    if (auto wrapped = rows->rewrap_ring(order_.store_key); !wrapped) {
      return wrapped;
    }
    const auto value = rows->get(Column::Header, "header");
    if (!value || !*value) {
      return value ? Error{ErrorCode::Storage, "the rows of the backup are damaged", "damaged"}
                   : value.error();
    }
    auto header = record::decode_header(**value);
    if (!header) {
      return header.error();
    }
    auto epoch = ledger_ ? ledger_->note_restoration(header->epoch, order_.now)
                         : Result<std::uint16_t>(static_cast<std::uint16_t>(header->epoch + 1));
    if (!epoch) {
      return epoch.error();
    }
    restored_.epoch = *epoch;
    header->epoch = *epoch;
    Changes changes;
    rows->put(changes, Column::Header, "header", record::encode(*header));
    if (auto reset = forget_ledger(*rows, *header, changes); !reset) {
      return reset;
    }
    if (auto written = rows->write(std::move(changes)); !written) {
      return written;
    }
    if (auto synced = rows->sync(); !synced) {
      return synced;
    }
    return rows->flush();
  }

  /// A new ledger begins with its first entry.
  Result<void> forget_ledger(const Database& rows, const record::StoreHeader& header,
                             Changes& changes) const {
    if (ledger_) {
      return {};
    }
    const LookupHasher hasher(header.lookup_key);
    auto counters = Tables(rows, hasher).counters();
    if (!counters) {
      return counters.error();
    }
    counters->ledger_entry = 0;
    rows.put(changes, Column::Header, "counters", record::encode(*counters));
    return {};
  }

  /// With the key that the store had when the backup was made.
  Result<std::unique_ptr<Database>> open_rows() const {
    std::vector<SecretKey> keys;
    for (const record::BackupEntry& backup : list_.backups) {
      const auto place = backup.id == order_.backup.id ? keys.begin() : keys.end();
      keys.insert(place, backup.store_key);
    }
    keys.push_back(order_.store_key);
    Result<std::unique_ptr<Database>> opened = expired();
    for (const SecretKey& key : keys) {
      opened = Database::open(new_ / "rows", key);
      if (opened || opened.error().reason != "key") {
        break;
      }
    }
    return opened;
  }

  Result<void> set_old_aside() {
    const fs::path aside = unused_folder();
    for (const char* const part : kParts) {
      std::error_code error;
      if (!fs::exists(store_ / part, error)) {
        continue;
      }
      for (const fs::path& folder : {store_ / kSetAside, aside}) {
        if (auto made = open_folder(folder); !made) {
          return made.error();
        }
      }
      fs::rename(store_ / part, aside / part, error);
      if (error) {
        return failed("set the store aside", error);
      }
      restored_.set_aside = aside;
    }
    return sync_folder(folder_);
  }

  Result<void> put_in_place() {
    ::sync();  // A million files, or a few: all of them, and their names.
    for (auto part = kParts.rbegin(); part != kParts.rend(); ++part) {
      std::error_code error;
      if (fs::exists(new_ / *part, error)) {
        fs::rename(new_ / *part, store_ / *part, error);
      }
      if (error) {
        return failed("put the store in its place", error);
      }
    }
    std::error_code ignored;
    fs::remove_all(new_, ignored);
    return sync_folder(folder_);
  }

  std::string time_name() const {
    std::string name = format_rfc3339(order_.now);
    std::erase(name, ':');
    return name;
  }

  /// Where nothing was set aside before.
  fs::path unused_folder() const {
    fs::path folder = store_ / kSetAside / time_name();
    for (int i = 2; fs::exists(folder); ++i) {
      folder = store_ / kSetAside / (time_name() + "-" + std::to_string(i));
    }
    return folder;
  }

  const RestoreOrder& order_;
  const fs::path store_;
  const fs::path new_;
  const fs::path ledger_folder_;
  FileDescriptor folder_;
  FileDescriptor lock_;
  record::BackupKeyList list_;
  std::unique_ptr<ErasureLedger> ledger_;
  Restored restored_;
};

}  // namespace

Result<Restored> restore_store(const RestoreOrder& order) { return Restoring(order).run(); }

}  // namespace sightingd
