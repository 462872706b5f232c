#include "daemon/ingest/page_intake.h"

#include "connectors/http/http_url.h"
#include "daemon/workers/on_worker.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>

namespace sightingd {
namespace asio = boost::asio;
namespace {

// The pictures of one page, fetched side by side. Shared by the page and its fetches, because a
// cancelled page may be gone before the last of them.
struct Harvest {
  explicit Harvest(const asio::any_io_executor& executor)
      : complete(executor, asio::steady_timer::time_point::max()) {}

  using Queue = std::deque<ImageFacts*>;

  std::vector<std::vector<ImageFacts>> images;  // Parallel to the posts of the page.
  std::map<std::string, Queue> queues;          // The images that nobody has taken yet, by origin.
  std::vector<std::unique_ptr<Store::Staged>> staged;
  std::optional<Error> failure;
  std::size_t missing = 0;
  bool closed = false;  // The images are no longer here: what comes now comes too late.
  asio::steady_timer complete;
};

// One of the lanes in which the pictures of one origin are taken: as many as it gets requests at a
// time, and not a coroutine for each of the thousands that pages may name.
asio::awaitable<void> take_all(std::shared_ptr<Harvest> harvest, Harvest::Queue& queue,
                               ImageIntake& intake, HttpClient& media) {
  while (!queue.empty() && !harvest->closed) {
    ImageFacts& image = *queue.front();
    queue.pop_front();
    auto taken = co_await intake.take(media, image.ref.url);
    if (harvest->closed) {
      co_return;
    }
    if (!taken) {
      harvest->failure = taken.error();
    } else {
      image.outcome = std::move(taken->outcome);
      if (taken->staged) {
        harvest->staged.push_back(std::move(taken->staged));
      }
    }
    if (--harvest->missing == 0) {
      harvest->complete.cancel();
    }
  }
}

// When all are taken, or it is time to go on without the rest.
asio::awaitable<void> close(std::shared_ptr<Harvest> harvest, std::chrono::milliseconds patience) {
  const auto latest = std::chrono::steady_clock::now() + patience;
  harvest->complete.expires_at(latest);
  while (harvest->missing > 0 && std::chrono::steady_clock::now() < latest) {
    boost::system::error_code ignored;
    co_await harvest->complete.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  harvest->closed = true;
}

bool has_images(const Post& post) { return !post.images.empty(); }

}  // namespace

PageIntake::PageIntake(Store& store, asio::thread_pool& workers, ImageIntake& images,
                       std::chrono::milliseconds patience)
    : store_(store), workers_(workers), images_(images), patience_(patience) {}

asio::awaitable<Result<TakenPage>> PageIntake::take(PageFacts heading, Page page, HttpClient& media,
                                                    TaskGroup& tasks) {
  auto already = co_await known(heading.watch_name, page.posts);
  if (!already) {
    co_return already.error();
  }
  auto harvest = std::make_shared<Harvest>(co_await asio::this_coro::executor);
  harvest->images.resize(page.posts.size());
  for (std::size_t i = 0; i < page.posts.size(); ++i) {
    if (!(*already)[i].known) {
      for (const ImageRef& ref : page.posts[i].images) {
        harvest->images[i].push_back({ref, FetchFailed{}});
      }
      for (ImageFacts& image : harvest->images[i]) {
        harvest->queues[origin_of(image.ref.url)].push_back(&image);
      }
      harvest->missing += harvest->images[i].size();
    }
  }
  std::vector<TaskGroup::Task> lanes;
  for (auto& [origin, queue] : harvest->queues) {
    const std::size_t most = std::min(queue.size(), ImageIntake::kAtOncePerHost);
    for (std::size_t lane = 0; lane < most; ++lane) {
      lanes.push_back(tasks.spawn(take_all(harvest, queue, images_, media)));
    }
  }
  co_await close(harvest, patience_);
  for (const TaskGroup::Task& lane : lanes) {
    lane.cancel();
  }
  if (harvest->failure) {
    co_return *harvest->failure;
  }

  TakenPage taken{std::move(heading), std::move(harvest->staged)};
  taken.facts.skipped = std::move(page.skipped);
  taken.facts.covered = std::move(page.covered);
  taken.facts.progress = std::move(page.next.value);
  taken.facts.posts.reserve(page.posts.size());
  for (std::size_t i = 0; i < page.posts.size(); ++i) {
    PostFacts facts{std::move(page.posts[i]), std::nullopt};
    if (!(*already)[i].known) {
      facts.images = std::move(harvest->images[i]);
    }
    taken.facts.posts.push_back(std::move(facts));
  }
  co_return taken;
}

// Only posts with pictures are worth a look at the disk: for the others the writer finds out.
asio::awaitable<Result<std::vector<KnownPost>>> PageIntake::known(const std::string& watch_name,
                                                                  const std::vector<Post>& posts) {
  std::vector<KnownPost> answers(posts.size());
  std::vector<PostRef> asked;
  std::vector<std::size_t> asked_for;
  for (std::size_t i = 0; i < posts.size(); ++i) {
    // Of what is refused nothing is fetched, either.
    answers[i].known = has_images(posts[i]) && store_.refuses(posts[i]);
    if (has_images(posts[i]) && !answers[i].known) {
      asked.push_back(posts[i].ref);
      asked_for.push_back(i);
    }
  }
  if (asked.empty()) {
    co_return answers;
  }
  auto found = co_await on_worker(
      workers_, [this, &watch_name, &asked] { return store_.known(watch_name, asked); });
  if (!found) {
    co_return found.error();
  }
  for (std::size_t i = 0; i < asked_for.size(); ++i) {
    answers[asked_for[i]] = (*found)[i];
  }
  co_return answers;
}

}  // namespace sightingd
