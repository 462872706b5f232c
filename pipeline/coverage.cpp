#include "pipeline/coverage.h"

#include <algorithm>
#include <utility>

namespace sightingd {
namespace {

bool says_the_same(const CoverageRow& a, const CoverageRow& b) {
  return a.complete == b.complete && a.reason == b.reason;
}

/// Appends `row`, or widens the last row when `row` only continues it.
void append(std::vector<CoverageRow>& rows, CoverageRow row) {
  if (row.range.begin >= row.range.end) {
    return;
  }
  if (!rows.empty() && rows.back().range.end == row.range.begin &&
      says_the_same(rows.back(), row)) {
    rows.back().range.end = row.range.end;
    return;
  }
  rows.push_back(std::move(row));
}

}  // namespace

std::vector<CoverageRow> lay_over(std::vector<CoverageRow> rows, const CoverageRow& row) {
  if (row.range.begin >= row.range.end) {
    return rows;
  }
  std::vector<CoverageRow> before;
  std::vector<CoverageRow> after;
  for (CoverageRow& old : rows) {
    CoverageRow tail = old;
    tail.range.begin = std::max(old.range.begin, row.range.end);
    old.range.end = std::min(old.range.end, row.range.begin);
    append(before, std::move(old));
    append(after, std::move(tail));
  }
  append(before, row);
  for (CoverageRow& tail : after) {
    append(before, std::move(tail));
  }
  return before;
}

std::optional<TimeRange> first_stretch(const std::vector<CoverageRow>& rows) {
  if (rows.empty()) {
    return std::nullopt;
  }
  TimeRange stretch = rows.front().range;
  for (const CoverageRow& row : rows) {
    if (row.range.begin > stretch.end) {
      break;
    }
    stretch.end = std::max(stretch.end, row.range.end);
  }
  return stretch;
}

std::chrono::milliseconds completely_covered(const std::vector<CoverageRow>& rows,
                                             const TimeRange& range) {
  std::chrono::milliseconds covered{0};
  for (const CoverageRow& row : rows) {
    const TimePoint begin = std::max(row.range.begin, range.begin);
    const TimePoint end = std::min(row.range.end, range.end);
    if (row.complete && begin < end) {
      covered += end - begin;
    }
  }
  return covered;
}

}  // namespace sightingd
