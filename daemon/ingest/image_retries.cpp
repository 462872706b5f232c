#include "daemon/ingest/image_retries.h"

#include "connectors/http/http_url.h"
#include "daemon/ingest/image_counts.h"
#include "daemon/workers/commit.h"
#include "daemon/workers/on_worker.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace sightingd {
namespace asio = boost::asio;
namespace {

using namespace std::chrono_literals;

constexpr auto kLookEvery = 20s;
// Bounds on memory: what is beyond them waits for the next round.
constexpr std::size_t kMostOfAHost = 200;
constexpr std::size_t kMostInARound = 20'000;
constexpr int kRoundsWithoutLuck = 3;
// In a row at one host: in a round that ends, the others there are not tried any more.
constexpr int kMostFailures = 6;

// Where pictures wait for one another: at the host that they lie on, in the name of one source.
std::string place_of(const PendingImage& image) {
  return image.source + " " + origin_of(image.url);
}

}  // namespace

ImageRetries::ImageRetries(WatchParts& parts, ImageIntake& images,
                           std::function<std::shared_ptr<Source>(std::string_view)> source_of,
                           std::function<bool(std::string_view)> requires_media)
    : parts_(parts),
      images_(images),
      source_of_(std::move(source_of)),
      requires_media_(std::move(requires_media)),
      timer_(parts.executor),
      attempts_(parts.executor, parts.on_bug),
      tasks_(parts.executor, parts.on_bug) {}

void ImageRetries::start() { tasks_.spawn(run()); }

void ImageRetries::stop() {
  tasks_.cancel();
  attempts_.cancel();
  timer_.cancel();
}

asio::awaitable<void> ImageRetries::stopped() {
  co_await tasks_.finished();
  co_await attempts_.finished();
}

asio::awaitable<void> ImageRetries::run() {
  for (;;) {
    co_await wait(kLookEvery);
    report_examiner();
    report_space();
    co_await round(false);
  }
}

asio::awaitable<std::map<std::string, std::size_t>> ImageRetries::run_once() {
  std::chrono::milliseconds pause = 500ms;
  std::size_t left = parts_.store.statistics().pending_images;
  for (int without_luck = 0; left > 0 && !attempts_.cancelled();) {
    co_await round(true);
    co_await attempts_.finished();
    const std::size_t before = std::exchange(left, parts_.store.statistics().pending_images);
    without_luck = left < before ? 0 : without_luck + 1;
    if (left == 0 || without_luck == kRoundsWithoutLuck) {
      break;
    }
    pause = without_luck == 0 ? 1s : 2 * pause;
    co_await wait(pause);
  }
  std::map<std::string, std::size_t> of_watch;
  const std::vector<PendingImage> pending = co_await find_pending(true, kMostInARound);
  for (const PendingImage& image : pending) {
    ++of_watch[image.watch];
  }
  co_return of_watch;
}

asio::awaitable<std::vector<PendingImage>> ImageRetries::find_pending(bool even_if_not_due,
                                                                      std::size_t most_of_a_host) {
  auto pending = co_await on_worker(parts_.workers, [this, even_if_not_due, most_of_a_host] {
    return parts_.store.pending(parts_.clock.now(), even_if_not_due, most_of_a_host, kMostInARound,
                                place_of);
  });
  if (!pending) {
    parts_.on_storage_failure(pending.error());
    co_return std::vector<PendingImage>();
  }
  co_return std::move(*pending);
}

asio::awaitable<void> ImageRetries::round(bool even_if_not_due) {
  if (!parts_.space.complaint().empty()) {
    co_return;
  }
  // Before it is looked what is due: who ends in the meantime has tries of the same list.
  std::erase_if(queues_, [](const auto& queue) { return queue.second.expired(); });
  std::vector<PendingImage> pending = co_await find_pending(even_if_not_due, kMostOfAHost);
  std::map<std::string, std::shared_ptr<Queue>> found;
  for (PendingImage& image : pending) {
    std::string place = place_of(image);
    if (!queues_.contains(place)) {
      auto& queue = found[std::move(place)];
      queue = queue ? queue : std::make_shared<Queue>();
      queue->images.push_back(std::move(image));
    }
  }
  for (const auto& [place, queue] : found) {
    queues_[place] = queue;
    const std::size_t lanes = std::min(ImageIntake::kAtOncePerHost, queue->images.size());
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      attempts_.spawn(try_all(queue, !even_if_not_due));
    }
  }
}

asio::awaitable<void> ImageRetries::try_all(std::shared_ptr<Queue> queue, bool counts) {
  const bool ends = !counts;
  while (!queue->images.empty() && !(ends && queue->failures_in_a_row >= kMostFailures)) {
    PendingImage image = std::move(queue->images.front());
    queue->images.pop_front();
    const bool came = co_await attempt(std::move(image), counts);
    queue->failures_in_a_row = came ? 0 : queue->failures_in_a_row + 1;
  }
}

void ImageRetries::report_examiner() {
  const std::string reason = images_.cannot_examine();
  if (reason.empty() == cannot_examine_) {
    cannot_examine_ = !reason.empty();
    if (cannot_examine_) {
      parts_.journal.error("cannot-examine", {{"message", reason}});
    } else {
      parts_.journal.info("can-examine-again");
    }
  }
}

void ImageRetries::report_space() {
  std::string complaint = parts_.space.complaint();
  if (complaint == space_complaint_) {
    return;
  }
  space_complaint_ = std::move(complaint);
  if (space_complaint_.empty()) {
    parts_.journal.info("has-space-again");
  } else {
    parts_.journal.error("no-space", {{"message", space_complaint_}});
  }
}

asio::awaitable<bool> ImageRetries::attempt(PendingImage image, bool counts) {
  const auto source = source_of_(image.source);
  if (!source) {
    co_return false;  // Its source may be configured again; retention ends it otherwise.
  }
  auto taken = co_await images_.take(source->media(), std::move(image.url));
  if (!taken) {
    parts_.on_storage_failure(taken.error());
    co_return false;
  }
  RetryFacts facts;
  facts.sighting = image.sighting;
  facts.index = image.index;
  facts.outcome = std::move(taken->outcome);
  facts.tried_at = parts_.clock.now();
  facts.media_required = requires_media_(image.watch);
  const bool came = !std::holds_alternative<FetchFailed>(facts.outcome);
  facts.counts = counts && taken->is_servers_failure;
  if (!came && !facts.counts) {
    co_return false;  // Nothing follows from it.
  }
  std::vector<std::unique_ptr<Store::Staged>> staged;
  if (taken->staged) {
    staged.push_back(std::move(taken->staged));
  }
  const auto outcome = co_await commit(parts_.store, std::move(facts), std::move(staged));
  if (!outcome) {
    parts_.on_storage_failure(outcome.error());
    co_return false;
  }
  count_images(parts_.counters, *outcome);
  co_return came;
}

asio::awaitable<void> ImageRetries::wait(std::chrono::milliseconds duration) {
  timer_.expires_after(duration);
  boost::system::error_code stopped;
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, stopped));
}

}  // namespace sightingd
