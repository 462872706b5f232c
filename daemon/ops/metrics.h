#pragma once

#include "daemon/api/status.h"
#include "daemon/ops/counters.h"

#include <string>

namespace sightingd {

/// Renders every metric in the Prometheus text format 0.0.4 from what its owners say at this
/// moment. Also reads `process_*` of this process from /proc.
std::string metrics_text(const Status& status, const IngestCounters& counters);

}  // namespace sightingd
