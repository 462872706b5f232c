#pragma once

#include "pipeline/result.h"
#include "storage/columns.h"
#include "storage/database.h"
#include "storage/photo_files.h"

#include <cstdint>
#include <optional>

namespace sightingd {

/// Seals a whole store anew, in small steps beside all else: after it was given its first key, or
/// another one. A crash costs the steps that were not synced; the next opening begins again, and
/// passes over what is done.
///
/// For the writer's thread.
class Resealing {
 public:
  /// All must outlive this.
  Resealing(Database& database, PhotoFiles& photos) : database_(database), photos_(photos) {}

  /// Whether there is something to do.
  bool is_due() const { return !database_.is_settled(); }
  /// Does a little of it. True when nothing is left but finish().
  Result<bool> step();
  /// No reader may hold a moment from before. Afterwards nothing is due.
  Result<void> finish();

 private:
  enum class Phase : std::uint8_t { Rows, Photos, Done };

  Result<bool> seal_rows();
  Result<bool> seal_photos();

  Database& database_;
  PhotoFiles& photos_;
  Phase phase_ = Phase::Rows;
  std::optional<RowName> next_row_;
  std::uint64_t next_photo_ = 0;
};

}  // namespace sightingd
