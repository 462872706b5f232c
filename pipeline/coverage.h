#pragma once

#include "pipeline/time.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace sightingd {

/// A stretch of time that was read, completely or with posts left out.
struct CoverageRow {
  TimeRange range;
  bool complete = true;  ///< False: read, with posts left out because of `reason`.
  std::string reason = {};

  friend bool operator==(const CoverageRow&, const CoverageRow&) = default;
};

/// Lays `row` over `rows` (sorted, disjoint): what it covers is replaced by it, since the latest
/// reading tells the truth, and neighbours that say the same become one. An empty range changes
/// nothing.
std::vector<CoverageRow> lay_over(std::vector<CoverageRow> rows, const CoverageRow& row);

/// What the sorted, disjoint `rows` cover from the earliest one on, completely or in part, up to
/// the first gap. Nothing when there are none.
std::optional<TimeRange> first_stretch(const std::vector<CoverageRow>& rows);

/// How much of `range` the sorted, disjoint `rows` cover completely.
std::chrono::milliseconds completely_covered(const std::vector<CoverageRow>& rows,
                                             const TimeRange& range);

}  // namespace sightingd
