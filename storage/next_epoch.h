#pragma once

#include "pipeline/result.h"
#include "pipeline/time.h"
#include "storage/backup/backup_keys.h"
#include "storage/ledger/erasure_ledger.h"

#include <cstdint>

namespace sightingd {

/// The epoch of the feed of a store that takes the place of one whose feed was at `of_store`: one
/// that no other was or will be given, so that no cursor is given twice. The ledger and the keys of
/// backups both remember it, for either may be lost; null: there is none. Durable when it returns.
/// Fails with Storage.
Result<std::uint16_t> next_epoch(std::uint16_t of_store, ErasureLedger* ledger, BackupKeys* keys,
                                 TimePoint now);

}  // namespace sightingd
