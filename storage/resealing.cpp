#include "storage/resealing.h"

#include "storage/damaged_store.h"
#include "storage/encoding/keys.h"
#include "storage/owed_erasures.h"
#include "storage/tables.h"

#include <utility>

namespace sightingd {
namespace {

// A step keeps those waiting who commit: some milliseconds, but for tables, which are rewritten a
// column at a time.
constexpr std::size_t kRowsInAStep = 256;
constexpr std::size_t kRowsLookedAtInAStep = 16 * kRowsInAStep;
constexpr std::size_t kPhotosInAStep = 8;

}  // namespace

Result<void> Resealing::step(std::atomic<bool>& cancelled) {
  switch (phase_) {
    case Phase::Rows:
      return seal_rows();
    case Phase::Photos:
      return seal_photos();
    case Phase::Tables:
      return rewrite_tables(cancelled);
    case Phase::Ring:
      break;
  }
  return settle_ring();
}

Result<void> Resealing::seal_rows() {
  Changes changes;
  Database::Rows rows = database_.rows(place_.column, {}, place_.key);
  std::size_t looked_at = 0;
  for (; rows.valid() && looked_at < kRowsLookedAtInAStep && changes.size() < kRowsInAStep;
       rows.next(), ++looked_at) {
    if (rows.is_up_to_date()) {
      continue;
    }
    const auto value = rows.value();
    if (!value) {
      return value.error();
    }
    database_.put(changes, place_.column, rows.key(), *value);
  }
  if (auto status = rows.status(); !status) {
    return status;
  }
  if (auto written = database_.write(std::move(changes)); !written) {
    return written;
  }
  if (rows.valid()) {
    place_.key = rows.key();
    return {};
  }
  end_column(database_.has_clear_rows() ? Phase::Photos : Phase::Ring);
  // A file may be sealed once its key is safe.
  return phase_ == Phase::Rows ? Result<void>() : database_.sync();
}

Result<void> Resealing::seal_photos() {
  Database::Rows rows = database_.rows(Column::Hashes, {}, keys::ordinal(next_photo_));
  for (std::size_t i = 0; i < kPhotosInAStep && rows.valid(); ++i, rows.next()) {
    const auto stored = read_hashes(rows);
    if (!stored) {
      return stored.error();
    }
    const auto key = database_.photo_key(stored->photo);
    if (!key) {
      return key.error();
    }
    if (!*key) {
      return damaged_store("a photo has no key");
    }
    if (auto sealed = photos_.seal(stored->row.photo, **key); !sealed) {
      return sealed;
    }
    next_photo_ = stored->photo + 1;
  }
  if (auto status = rows.status(); !status) {
    return status;
  }
  if (rows.valid()) {
    return {};
  }
  next_photo_ = 0;
  if (photos_.has_held_clear_files()) {
    return {};  // Once more: they may have come behind photos that were looked at.
  }
  phase_ = Phase::Tables;
  // Tables keep what older readers see.
  end_older_readers_();
  return database_.flush();
}

Result<void> Resealing::rewrite_tables(std::atomic<bool>& cancelled) {
  const auto rewritten = database_.compact_all(place_.column, &cancelled);
  if (!rewritten) {
    return rewritten.error();
  }
  if (*rewritten) {
    end_column(Phase::Ring);
  }
  return {};
}

void Resealing::end_column(Phase next) {
  const auto column = static_cast<std::size_t>(place_.column) + 1;
  if (column == kColumns) {
    phase_ = next;
    place_ = {};
  } else {
    place_ = {.column = static_cast<Column>(column), .key = {}};
  }
}

/// Afterwards nothing is due.
Result<void> Resealing::settle_ring() {
  // Only until now can they open what they see.
  end_older_readers_();
  OwedErasures owed(database_);
  Changes changes;
  owed.add_earlier_ring(changes);
  if (auto stored = database_.store_settled_ring(std::move(changes)); !stored) {
    return stored;
  }
  // Else their moments keep the earlier ring in its table.
  end_older_readers_();
  if (auto settled = owed.settle(); !settled) {
    return settled;
  }
  database_.use_settled_ring();
  phase_ = Phase::Rows;
  return {};
}

}  // namespace sightingd
