#include "daemon/ingest/commit.h"

#include "daemon/workers/await_callback.h"

#include <utility>

namespace sightingd {
namespace asio = boost::asio;

asio::awaitable<Result<CommitOutcome>> commit(Store& store, Facts facts,
                                              std::vector<std::unique_ptr<Store::Staged>> staged,
                                              std::function<void()> when_queued) {
  co_return co_await await_callback<Result<CommitOutcome>>([&](Store::WhenCommitted done) {
    store.commit(std::move(facts), std::move(staged), std::move(done));
    if (when_queued) {
      when_queued();
    }
  });
}

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
