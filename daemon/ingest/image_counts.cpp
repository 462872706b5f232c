#include "daemon/ingest/image_counts.h"

namespace sightingd {

void count_images(IngestCounters& counters, const CommitOutcome& outcome) {
  counters.images_of(ImageCount::New) += outcome.images_new;
  counters.images_of(ImageCount::Duplicate) += outcome.images_duplicate;
  counters.images_of(ImageCount::Pending) += outcome.images_pending;
  counters.images_of(ImageCount::Rejected) += outcome.images_rejected;
  counters.images_of(ImageCount::Unavailable) += outcome.images_unavailable;
  counters.images_of(ImageCount::Refused) += outcome.images_refused;
  for (const auto& [origin, number] : outcome.locations) {
    counters.image_locations[origin] += number;
  }
  for (const auto duration : outcome.searches) {
    counters.stages.record(Stage::Deduplicate, duration);
  }
}

}  // namespace sightingd
