#include "daemon/workers/commit.h"

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

}  // namespace sightingd
