#pragma once

#include "pipeline/result.h"
#include "pipeline/time.h"
#include "storage/sealing/secret_key.h"
#include "storage/store_options.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sightingd {

struct RepairOrder {
  StoreOptions store;
  std::optional<SecretKey> store_key;  ///< Absent: the store is not encrypted.
  TimePoint now;
};

struct Repaired {
  /// Nothing was damaged, and nothing was done.
  bool was_whole = false;
  std::uint64_t sightings = 0;
  std::uint64_t photos = 0;
  std::uint64_t lost_sightings = 0;
  std::uint64_t lost_photos = 0;  ///< Their pictures are fetched again, if it is known where.
  /// Of watches that may have lost posts: they are read anew.
  std::uint64_t watches_read_anew = 0;
  /// Which those are was lost, too, as are others maybe: all are read anew, and all that was read
  /// may have gaps.
  bool may_lack_anything = false;
  /// The newest rows were lost with the end of the log: the store is as it was before.
  bool has_lost_end = false;
  /// Columns of which some other rows cannot be read, as "watches" of those that were paused.
  std::vector<std::string> damaged_columns;
  std::filesystem::path set_aside;  ///< Where the damaged store lies.
};

/// Saves what can be read of a store whose database or photos are damaged, without a backup: beside
/// it a new one is built, which takes its place (Replacement).
///
/// What counts are the records of sightings and photos that can be opened, and the photos that are
/// as they were stored. All indexes are made from them anew. A watch that has lost sightings loses
/// its progress and the days of them in its coverage, so that it is read anew down to the gap and
/// the ledger of coverage does not claim it. The feed begins anew. Rows of watches and of what was
/// left out, the audit log and the store's keys are taken over.
///
/// Fails with Storage and a sentence, and nothing is touched: reason "locked", "key", "ledger", or
/// "damaged" (the rows that hold the store together cannot be read).
Result<Repaired> repair_store(const RepairOrder& order);

}  // namespace sightingd
