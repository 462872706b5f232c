#include "storage/owed_erasures.h"

#include "storage/encoding/keys.h"
#include "storage/encoding/record.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <string>
#include <utility>

namespace sightingd {
namespace {

constexpr const char* kPrefix = "owed";

Result<std::vector<RowName>> load(const Database& database, std::vector<std::string>& keys) {
  std::vector<RowName> owed;
  Database::Rows rows = database.rows(Column::Header, kPrefix);
  for (; rows.valid(); rows.next()) {
    const auto value = rows.value();
    if (!value) {
      return value.error();
    }
    auto names = record::decode_row_names(*value);
    if (!names) {
      return names.error();
    }
    keys.emplace_back(rows.key());
    std::ranges::move(*names, std::back_inserter(owed));
  }
  if (auto status = rows.status(); !status) {
    return status.error();
  }
  return owed;
}

}  // namespace

void OwedErasures::add(Changes& changes, std::uint64_t sequence,
                       const std::vector<RowName>& rows) const {
  database_.put(changes, Column::Header, kPrefix + keys::ordinal(sequence), record::encode(rows));
}

void OwedErasures::add_earlier_ring(Changes& changes) const {
  // No erasure has this place: no feed is that long.
  add(changes, std::numeric_limits<std::uint64_t>::max(), {Database::ring_row()});
}

void OwedErasures::add_audit_keys(Changes& changes, const std::vector<RowName>& rows) const {
  add(changes, std::numeric_limits<std::uint64_t>::max() - 1, rows);
}

Result<void> OwedErasures::settle() {
  std::vector<std::string> lists;
  const auto owed = load(database_, lists);
  if (!owed) {
    return owed.error();
  }
  if (lists.empty()) {
    return {};
  }
  if (auto flushed = database_.flush(); !flushed) {
    return flushed;
  }
  std::map<Column, std::vector<std::string>> erased;
  for (const RowName& row : *owed) {
    erased[row.column].push_back(row.key);
  }
  for (auto& [column, keys] : erased) {
    std::ranges::sort(keys);
    if (auto done = database_.compact(column, keys); !done) {
      return done;
    }
  }
  Changes changes;
  for (const std::string& list : lists) {
    database_.erase(changes, Column::Header, list);
  }
  if (auto written = database_.write(std::move(changes)); !written) {
    return written;
  }
  if (auto flushed = database_.flush(); !flushed) {
    return flushed;
  }
  return database_.compact(Column::Header, lists);
}

}  // namespace sightingd
