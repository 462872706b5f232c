#include "storage/opening.h"

#include "storage/backup/cut_short.h"
#include "storage/damaged_store.h"
#include "storage/encoding/keys.h"
#include "storage/kept_key.h"
#include "storage/owed_erasures.h"
#include "storage/replacement.h"
#include "storage/store_folder.h"
#include "storage/tables.h"

#include <openssl/rand.h>

#include <algorithm>
#include <future>
#include <iterator>
#include <string>
#include <thread>
#include <utility>

namespace sightingd {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRowsFolder = "rows";
constexpr const char* kPhotosFolder = "photos";

Result<bool> is_empty_or_absent(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error)) {
    return true;
  }
  const bool empty = fs::is_empty(folder, error);
  if (error) {
    return Error{ErrorCode::Storage, "cannot read a folder of the store: " + error.message()};
  }
  return empty;
}

/// The format of the store; 0 if it has still to be made: its format file comes last. A store that
/// has lost files is refused: those that are left would else be taken for orphans and removed.
Result<unsigned> stored_format(const fs::path& directory) {
  const auto format = read_format(directory);
  if (!format) {
    return format.error();
  }
  if (*format) {
    std::error_code ignored;
    const bool has_rows = fs::exists(directory / kRowsFolder / "CURRENT", ignored);
    return has_rows ? Result<unsigned>(**format) : damaged_store("its rows are missing");
  }
  const auto has_no_photos = is_empty_or_absent(directory / kPhotosFolder);
  if (!has_no_photos) {
    return has_no_photos.error();
  }
  if (!*has_no_photos) {
    return damaged_store("its format file is missing");
  }
  return 0U;
}

Result<record::StoreHeader> create_header(Database& database) {
  record::StoreHeader header;
  header.lookup_key.resize(LookupHasher::kKeySize);
  if (RAND_bytes(reinterpret_cast<unsigned char*>(header.lookup_key.data()),
                 static_cast<int>(header.lookup_key.size())) != 1) {
    return Error{ErrorCode::Storage, "cannot make the look-up key of a new store"};
  }
  Changes changes;
  database.put(changes, Column::Header, "header", record::encode(header));
  if (auto written = database.write(std::move(changes)); !written) {
    return written.error();
  }
  if (auto synced = database.sync(); !synced) {
    return synced.error();
  }
  return header;
}

Result<record::StoreHeader> load_header(Database& database, bool is_new) {
  if (is_new && database.rows(Column::Ids).valid()) {
    return damaged_store("its format file is missing");
  }
  const auto value = database.get(Column::Header, "header");
  if (!value) {
    return value.error();
  }
  if (*value) {
    auto header = record::decode_header(**value);
    if (header && header->lookup_key.size() != LookupHasher::kKeySize) {
      return damaged_store("its look-up key has the wrong size");
    }
    return header;
  }
  if (!is_new) {
    return damaged_store("its look-up key is missing");
  }
  return create_header(database);
}

/// What an opening reads of the photos, in order of their ordinals.
struct LoadedPhotos {
  std::vector<PhotoIndex::Entry> hashes;
  std::vector<std::string> names;  ///< Of their files.
};

/// Of those with ordinals from `from` on and below `below`.
Result<LoadedPhotos> load_photos(const StoreParts& parts, std::uint64_t from, std::uint64_t below) {
  LoadedPhotos loaded;
  Database::Rows rows =
      parts.database->rows(Column::Hashes, {}, keys::ordinal(from), nullptr, keys::ordinal(below));
  for (; rows.valid(); rows.next()) {
    const auto stored = read_hashes(rows);
    if (!stored) {
      return stored.error();
    }
    loaded.names.push_back(parts.photos->name_of(stored->row.photo));
    loaded.hashes.push_back({.photo = stored->photo, .hashes = stored->row.hashes});
  }
  if (auto status = rows.status(); !status) {
    return status.error();
  }
  return loaded;
}

/// Of all photos: each row has a key of its own to be opened, so every core takes a share.
Result<LoadedPhotos> load_photos(const StoreParts& parts) {
  constexpr std::uint64_t kMostThreads = 4;
  const Database::Rows newest = parts.database->last_row(Column::Hashes, {}, "\xff");
  if (auto status = newest.status(); !newest.valid() && !status) {
    return status.error();
  }
  const auto last = newest.valid() ? keys::read_ordinal(newest.key()) : std::nullopt;
  if (newest.valid() && !last) {
    return damaged_store("a photo's hashes have a senseless key");
  }
  const std::uint64_t end = last ? *last + 1 : 0;
  const std::uint64_t shares =
      std::clamp<std::uint64_t>(std::thread::hardware_concurrency(), 1, kMostThreads);
  const std::uint64_t share = end / shares + 1;
  std::vector<std::future<Result<LoadedPhotos>>> loading;
  for (std::uint64_t from = 0; from < end; from += share) {
    loading.push_back(std::async(std::launch::async, [&parts, from, share] {
      return load_photos(parts, from, from + share);
    }));
  }
  LoadedPhotos all;
  for (auto& part : loading) {
    auto loaded = part.get();
    if (!loaded) {
      return loaded.error();
    }
    std::ranges::move(loaded->hashes, std::back_inserter(all.hashes));
    std::ranges::move(loaded->names, std::back_inserter(all.names));
  }
  return all;
}

Result<void> open_photos(const fs::path& directory, StoreParts& parts) {
  auto folder = open_folder(directory / kPhotosFolder);
  if (!folder) {
    return folder.error();
  }
  const auto is_named = [&parts](const PhotoId& photo) -> Result<bool> {
    const auto ordinal = Tables(*parts.database, *parts.hasher).photo_ordinal(photo);
    if (!ordinal) {
      return ordinal.error();
    }
    return ordinal->has_value();
  };
  parts.photos = std::make_unique<PhotoFiles>(directory / kPhotosFolder, std::move(*folder),
                                              *parts.database, *parts.hasher, is_named);
  auto photos = load_photos(parts);
  if (!photos) {
    return photos.error();
  }
  auto kept = std::async(std::launch::async, [&parts, &photos] {
    std::ranges::sort(photos->names);
    return parts.photos->keep_only(photos->names);
  });
  parts.index = PhotoIndex(photos->hashes);
  return kept.get();
}

/// Up to format 2 the keys of positions held the whole position. Posts get new ones when they are
/// read again.
Result<void> drop_old_positions(Database& database) {
  Changes changes;
  Database::Rows rows = database.rows(Column::Positions);
  for (; rows.valid(); rows.next()) {
    database.erase(changes, Column::Positions, rows.key());
  }
  if (auto status = rows.status(); !status) {
    return status;
  }
  if (auto written = database.write(std::move(changes)); !written) {
    return written;
  }
  if (auto flushed = database.flush(); !flushed) {
    return flushed;
  }
  if (auto rewritten = database.compact_all(Column::Positions); !rewritten) {
    return rewritten.error();
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<StoreParts>> open_parts(const StoreOptions& options,
                                               const std::optional<SecretKey>& key) {
  const fs::path& directory = options.path;
  std::error_code error;
  if (directory.has_parent_path()) {
    fs::create_directories(directory.parent_path(), error);
  }
  auto folder = open_folder(directory);
  if (!folder) {
    return folder.error();
  }
  auto parts = std::make_unique<StoreParts>();
  auto lock = lock_store(directory);
  if (!lock) {
    return lock.error();
  }
  parts->lock = std::move(*lock);
  if (auto finished = finish_replacement(directory); !finished) {
    return finished.error();
  }
  if (auto removed = remove_cut_short_backup(directory); !removed) {
    return removed.error();
  }
  const auto format = stored_format(directory);
  if (!format) {
    return format.error();
  }
  auto database = Database::open(directory / kRowsFolder, key, options.begins_sealing);
  if (!database) {
    return database.error();
  }
  parts->database = std::move(*database);
  auto header = load_header(*parts->database, *format == 0);
  if (!header) {
    return header.error();
  }
  parts->header = std::move(*header);
  parts->hasher = std::make_unique<LookupHasher>(parts->header.lookup_key);
  const auto seed = kept_key(*parts->database, kept_keys::kSigning);
  if (!seed) {
    return seed.error();
  }
  parts->signing_key = std::make_unique<SigningKey>(*seed);
  const auto counters = Tables(*parts->database, *parts->hasher).counters();
  if (!counters) {
    return counters.error();
  }
  const fs::path ledger_folder = ledger_folder_of(options);
  auto ledger = ErasureLedger::open(
      ledger_folder, parts->database->is_sealed() ? key : std::nullopt, counters->ledger_entry);
  if (!ledger) {
    return ledger.error();
  }
  parts->ledger = std::move(*ledger);
  if (parts->database->is_sealed()) {
    auto backup_keys = BackupKeys::open(ledger_folder, *key);
    if (!backup_keys) {
      return backup_keys.error();
    }
    parts->backup_keys = std::move(*backup_keys);
  }
  const auto audit_key = kept_key(*parts->database, kept_keys::kAudit);
  if (!audit_key) {
    return audit_key.error();
  }
  parts->audit_key = *audit_key;
  if (auto opened = open_photos(directory, *parts); !opened) {
    return opened.error();
  }
  if (*format != 0 && *format < kStoreFormat) {
    if (auto done = drop_old_positions(*parts->database); !done) {
      return done.error();
    }
  }
  if (auto settled = OwedErasures(*parts->database).settle(); !settled) {
    return settled.error();
  }
  // An older store becomes one of this format before anything is written in it.
  if (*format != kStoreFormat) {
    if (auto written = write_format(directory); !written) {
      return written.error();
    }
  }
  return parts;
}

}  // namespace sightingd
