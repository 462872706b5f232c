#pragma once

#include "daemon/ops/counters.h"
#include "storage/store.h"

namespace sightingd {

/// Adds what a commit did to pictures: outcomes, locations, and searches for duplicates.
void count_images(IngestCounters& counters, const CommitOutcome& outcome);

}  // namespace sightingd
