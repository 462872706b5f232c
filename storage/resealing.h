#pragma once

#include "pipeline/result.h"
#include "storage/columns.h"
#include "storage/database.h"
#include "storage/photo_files.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

namespace sightingd {

/// Seals a whole store anew, in small steps beside all else: after it was given its first key, or
/// another one. A crash costs the steps that were not synced; the next opening begins again, and
/// passes over what is done.
///
/// For the writer's thread.
class Resealing {
 public:
  /// Returns when no reader looks at a state from before the call.
  using EndOlderReaders = std::function<void()>;

  /// The references must outlive this.
  Resealing(Database& database, PhotoFiles& photos, EndOlderReaders end_older_readers)
      : database_(database), photos_(photos), end_older_readers_(std::move(end_older_readers)) {}

  /// Whether there is something to do.
  bool is_due() const { return !database_.is_settled(); }
  /// Does a little of it. `cancelled` cuts a long step short.
  Result<void> step(std::atomic<bool>& cancelled);

 private:
  enum class Phase : std::uint8_t { Rows, Photos, Tables, Ring };

  Result<void> seal_rows();
  Result<void> seal_photos();
  Result<void> rewrite_tables(std::atomic<bool>& cancelled);
  Result<void> settle_ring();
  /// Goes on to the next column; to `next` after the last.
  void end_column(Phase next);

  Database& database_;
  PhotoFiles& photos_;
  const EndOlderReaders end_older_readers_;
  Phase phase_ = Phase::Rows;
  RowName place_;  ///< The next row, or the next column to be rewritten.
  std::uint64_t next_photo_ = 0;
};

}  // namespace sightingd
