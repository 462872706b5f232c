#include "storage/resealing.h"

#include "storage/encoding/keys.h"
#include "storage/encoding/record.h"
#include "storage/owed_erasures.h"

#include <limits>

namespace sightingd {
namespace {

// A step keeps those waiting who commit: some milliseconds.
constexpr std::size_t kRowsInAStep = 256;
constexpr std::size_t kPhotosInAStep = 8;

/// The place of the owed list among those of erasures: no feed is that long.
constexpr std::uint64_t kAfterAllErasures = std::numeric_limits<std::uint64_t>::max();

}  // namespace

Result<bool> Resealing::step() {
  switch (phase_) {
    case Phase::Rows:
      return seal_rows();
    case Phase::Photos:
      return seal_photos();
    case Phase::Done:
      break;
  }
  return true;
}

Result<bool> Resealing::seal_rows() {
  if (auto done = database_.reseal(next_row_, kRowsInAStep); !done) {
    return done.error();
  }
  if (next_row_) {
    return false;
  }
  phase_ = database_.has_clear_rows() ? Phase::Photos : Phase::Done;
  next_photo_ = 0;
  // A file may be sealed once its key is safe.
  if (auto synced = database_.sync(); !synced) {
    return synced.error();
  }
  return phase_ == Phase::Done;
}

Result<bool> Resealing::seal_photos() {
  Database::Rows rows = database_.rows(Column::Hashes, {}, keys::ordinal(next_photo_));
  for (std::size_t i = 0; i < kPhotosInAStep && rows.valid(); ++i, rows.next()) {
    const auto ordinal = keys::read_ordinal(rows.key());
    const auto value = rows.value();
    if (!value) {
      return value.error();
    }
    const auto row = record::decode_hash_row(*value);
    if (!row) {
      return row.error();
    }
    const auto key = database_.photo_key(ordinal.value_or(0));
    if (!key) {
      return key.error();
    }
    if (*key) {
      if (auto sealed = photos_.seal(row->photo, **key); !sealed) {
        return sealed.error();
      }
    }
    next_photo_ = ordinal.value_or(next_photo_) + 1;
  }
  if (auto status = rows.status(); !status) {
    return status.error();
  }
  if (!rows.valid()) {
    phase_ = Phase::Done;
  }
  return phase_ == Phase::Done;
}

Result<void> Resealing::finish() {
  phase_ = Phase::Rows;
  if (auto flushed = database_.flush(); !flushed) {
    return flushed;
  }
  if (database_.has_clear_rows()) {
    if (auto done = database_.compact_all(); !done) {
      return done;
    }
  }
  OwedErasures owed(database_);
  Changes changes;
  owed.add(changes, kAfterAllErasures, {Database::ring_row()});
  if (auto stored = database_.store_settled_ring(std::move(changes)); !stored) {
    return stored;
  }
  if (auto settled = owed.settle(); !settled) {
    return settled;
  }
  database_.use_settled_ring();
  return {};
}

}  // namespace sightingd
