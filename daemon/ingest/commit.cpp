#include "daemon/ingest/commit.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace sightingd {
namespace asio = boost::asio;

asio::awaitable<Result<CommitOutcome>> commit(Store& store, Facts facts,
                                              std::vector<std::unique_ptr<Store::Staged>> staged,
                                              std::function<void()> when_queued) {
  auto start = [&store, &facts, &staged, &when_queued](auto handler) {
    auto home = asio::get_associated_executor(handler);
    // std::function wants something that can be copied; the one copy that is called owns it.
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    store.commit(std::move(facts), std::move(staged),
                 [shared, home, work = asio::make_work_guard(home)](Result<CommitOutcome> outcome) {
                   asio::post(home, [shared, outcome = std::move(outcome)]() mutable {
                     auto resume = std::move(*shared);
                     std::move(resume)(std::move(outcome));
                   });
                 });
    if (when_queued) {
      when_queued();
    }
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>,
                                          void(Result<CommitOutcome>)>(start, asio::use_awaitable);
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
