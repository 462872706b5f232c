#pragma once

#include "pipeline/similarity/photo_index.h"
#include "storage/backup/backup_keys.h"
#include "storage/database.h"
#include "storage/encoding/lookup_hash.h"
#include "storage/encoding/record.h"
#include "storage/files.h"
#include "storage/ledger/erasure_ledger.h"
#include "storage/photo_files.h"
#include "storage/sealing/secret_key.h"
#include "storage/sealing/signing_key.h"

#include <memory>
#include <shared_mutex>

namespace sightingd {

/// The opened parts of a store. Later ones refer to earlier ones.
struct StoreParts {
  FileDescriptor lock;  ///< Held as long as the store is open.
  std::unique_ptr<Database> database;
  record::StoreHeader header;
  std::unique_ptr<LookupHasher> hasher;
  std::unique_ptr<SigningKey> signing_key;
  std::unique_ptr<ErasureLedger> ledger;
  std::unique_ptr<BackupKeys> backup_keys;  ///< Null: the store is not encrypted.
  SecretKey audit_key;
  std::unique_ptr<PhotoFiles> photos;
  PhotoIndex index;  ///< May be ahead of readers.
  /// Guards `index` between the writer, a rebuild that ends, and readers.
  mutable std::shared_mutex index_mutex;
};

}  // namespace sightingd
