#pragma once

#include "config/diagnostic.h"
#include "config/settings.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sightingd {

/// What one source's watches would spend, when a poll is one request: it finds nothing, or no
/// more than fits on a page.
struct SourceCost {
  std::string source;
  std::size_t watches = 0;
  /// The stretch of time that the requests are counted in: that of the limit.
  std::chrono::seconds window{0};
  double quiet_requests = 0;  ///< With every watch at its max_poll_interval.
  double busy_requests = 0;   ///< With every watch at its poll_interval.
  std::optional<RequestLimit> limit;
  /// The shortest and the longest interval at which a busy watch is polled in the end. Zero
  /// without watches.
  std::chrono::seconds shortest_interval{0};
  std::chrono::seconds longest_interval{0};
  /// The limit makes the intervals longer than poll_interval.
  bool is_stretched = false;

  friend bool operator==(const SourceCost&, const SourceCost&) = default;
};

/// What the configuration would cost, one entry a source, in their order. The watches of a
/// source share its limit in proportion to what they ask for.
std::vector<SourceCost> cost_preview(const Settings& settings);

/// An aligned table under a heading, one line a source. The journal gets "source[0]" for a name.
std::string render(const std::vector<SourceCost>& costs, Audience audience);

}  // namespace sightingd
