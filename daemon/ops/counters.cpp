#include "daemon/ops/counters.h"

#include <algorithm>

namespace sightingd {

std::string_view to_text(Stage stage) {
  switch (stage) {
    case Stage::Fetch:
      return "fetch";
    case Stage::Examine:
      return "examine";
    case Stage::Deduplicate:
      return "deduplicate";
    case Stage::Commit:
      return "commit";
  }
  return "unknown";
}

std::string_view to_text(ImageCount outcome) {
  switch (outcome) {
    case ImageCount::New:
      return "new";
    case ImageCount::Duplicate:
      return "duplicate";
    case ImageCount::Pending:
      return "pending";
    case ImageCount::Rejected:
      return "rejected";
    case ImageCount::Refused:
      return "refused";
    case ImageCount::Unavailable:
      return "unavailable";
  }
  return "unknown";
}

void StageDurations::record(Stage stage, std::chrono::nanoseconds duration) {
  Histogram& histogram = histograms_[static_cast<std::size_t>(stage)];
  const auto bucket = std::ranges::lower_bound(kBounds, duration);
  ++histogram.counts[static_cast<std::size_t>(bucket - kBounds.begin())];
  histogram.sum += duration;
}

const StageDurations::Histogram& StageDurations::of(Stage stage) const {
  return histograms_[static_cast<std::size_t>(stage)];
}

}  // namespace sightingd
