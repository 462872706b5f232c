#pragma once

#include "config/diagnostic.h"
#include "config/settings.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sightingd {

/// What one source's watches would spend while nothing new is posted.
struct SourceCost {
  std::string source;
  std::size_t watches = 0;
  /// At the configured poll intervals, in `window`.
  double requests = 0;
  std::chrono::seconds window{0};
  /// In the same window. Absent: no limit.
  std::optional<RequestLimit> limit;
  /// The shortest and longest interval at which its watches are polled in the end, stretched
  /// where the limit asks for it. Zero without watches.
  std::chrono::seconds shortest_interval{0};
  std::chrono::seconds longest_interval{0};
  bool is_stretched = false;

  friend bool operator==(const SourceCost&, const SourceCost&) = default;
};

/// What the configuration would cost, one entry a source, in their order.
std::vector<SourceCost> cost_preview(const Settings& settings);

/// An aligned table with a heading, a line a source. The journal gets "source[0]" for a name.
std::string render(const std::vector<SourceCost>& costs, Audience audience);

}  // namespace sightingd
