#include "daemon/ingest/watch_loop.h"

#include "connectors/http/budgeted_http_client.h"
#include "daemon/ingest/image_counts.h"
#include "daemon/ingest/recheck.h"
#include "daemon/workers/commit.h"
#include "daemon/workers/on_worker.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace sightingd {
namespace asio = boost::asio;
namespace {

using namespace std::chrono_literals;

// Polls that may fail at one page before the watch goes on without it.
constexpr int kTriesOfOnePage = 5;
// One step of reading makes a few requests, each of which may wait for its turn; every picture on
// the way has a shorter limit of its own.
constexpr auto kLongestStep = 20min;
// Posts that are asked about before what was learnt is written, and the time for that: each may
// take a request that waits for its turn.
constexpr std::size_t kAskedAtOnce = 20;
constexpr std::size_t kAskedOfOnePage = 200;
constexpr auto kLongestLook = 60min;
// Of one watch that nobody could be asked about yet.
constexpr std::size_t kMostUnanswered = 1000;
// Polls of --once in a row after which the source has answered for none of them.
constexpr int kAskedInVain = 3;
constexpr auto kLongestOversleep = 2min;
// A hold that ends sooner is over by the time that a restart asks.
constexpr auto kShortestHold = 5s;
// A clock that was set back since must not hold a source for good.
constexpr auto kLongestHold = 24h;
// How often it is looked whether there is space again.
constexpr auto kSpaceLook = 2s;
constexpr std::string_view kNoSpace = "no_space";
constexpr auto kCoverageWindow = std::chrono::days(7);
// A watch that has made no page durable, nor found that there is none, for this many of its longest
// intervals is stalled.
constexpr int kStalledIntervals = 3;

PollSchedule::Intervals intervals_of(const WatchOptions& options) {
  return {.shortest = options.poll_interval, .longest = options.max_poll_interval};
}

std::string_view name_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::Unavailable:
      return "unavailable";
    case ErrorCode::RateLimited:
      return "rate_limited";
    case ErrorCode::Forbidden:
      return "forbidden";
    case ErrorCode::Gone:
      return "gone";
    case ErrorCode::Malformed:
      return "malformed";
    case ErrorCode::TooLarge:
      return "too_large";
    case ErrorCode::Storage:
      return "storage";
  }
  return "unknown";
}

std::string_view outcome_name(const Result<void>& outcome) {
  if (outcome) {
    return "ok";
  }
  return outcome.error().reason.empty() ? name_of(outcome.error().code) : outcome.error().reason;
}

std::string_view state_after(const Result<void>& outcome) {
  if (outcome) {
    return "ok";
  }
  if (outcome.error().reason == kNoSpace) {
    return "waiting_for_space";
  }
  switch (outcome.error().code) {
    case ErrorCode::RateLimited:
      return "rate_limited";
    case ErrorCode::Forbidden:
    case ErrorCode::Gone:
      return "refused";
    default:
      return "backing_off";
  }
}

// Its turn has not come: nothing has failed.
bool is_waiting_for_its_turn(const Result<void>& outcome) {
  return !outcome && (outcome.error().reason == kOwnLimit || outcome.error().reason == kNoSpace);
}

double ratio_covered(const std::vector<CoverageRow>& rows, TimePoint now) {
  TimePoint begin = now;
  for (const CoverageRow& row : rows) {
    begin = std::min(begin, row.range.begin);
  }
  begin = std::max<TimePoint>(begin, now - kCoverageWindow);
  const auto covered = completely_covered(rows, {begin, now});
  const auto whole = now - begin;
  return whole.count() > 0
             ? static_cast<double>(covered.count()) / static_cast<double>(whole.count())
             : 1.0;
}

}  // namespace

WatchLoop::WatchLoop(WatchParts& parts, Source& source, WatchOptions options, std::uint32_t seed)
    : parts_(parts),
      source_(source),
      options_(std::move(options)),
      key_(watch_key(source.options(), options_.subject)),
      schedule_(intervals_of(options_), seed),
      timer_(parts.executor),
      page_changed_(parts.executor, asio::steady_timer::time_point::max()),
      started_at_(parts.clock.now()),
      tasks_(parts.executor, parts.on_bug) {
  status_.name = options_.name;
  status_.source = options_.source;
}

void WatchLoop::start(Milliseconds delay) { tasks_.spawn(run(delay)); }

// Who has nothing under way and waits for others to make room does not hang: they may.
bool WatchLoop::is_alive(std::chrono::steady_clock::time_point now) const {
  return now < deadline_ || (waits_for_share_ && pages_under_way_ == 0);
}

void WatchLoop::stop() { tasks_.cancel(); }

asio::awaitable<void> WatchLoop::stopped() { co_await tasks_.finished(); }

void WatchLoop::set_paused(bool paused) {
  paused_ = paused;
  timer_.cancel();
}

WatchStatus WatchLoop::status(TimePoint now) const {
  WatchStatus status = status_;
  status.lag = std::chrono::duration_cast<std::chrono::seconds>(
      now - status_.last_success.value_or(started_at_));
  // A long way to the head is none, as long as it gets on.
  const auto standing_since = std::max(advanced_at_, status_.last_success.value_or(started_at_));
  if (paused_) {
    status.state = "paused";
    status.next_poll.reset();
  } else if (status.state != "refused" &&
             now - standing_since > kStalledIntervals * options_.max_poll_interval) {
    status.state = "stalled";
  } else if (polling_) {
    status.state = "polling";
  }
  return status;
}

asio::awaitable<void> WatchLoop::run(Milliseconds delay) {
  if (auto loaded = co_await load_progress(); !loaded) {
    parts_.on_storage_failure(loaded.error());
    co_return;
  }
  co_await wait(delay);
  for (;;) {
    if (paused_) {
      co_await wait(24h);
      continue;
    }
    const auto outcome = co_await poll();
    co_await refresh_coverage();
    co_await wait(wait_after(outcome));
  }
}

asio::awaitable<OnceOutcome> WatchLoop::run_once(Milliseconds longest_wait) {
  if (auto loaded = co_await load_progress(); !loaded) {
    parts_.on_storage_failure(loaded.error());
    co_return OnceOutcome{false, loaded.error().message};
  }
  if (paused_) {
    co_return OnceOutcome{true, {}};
  }
  // Pauses have to grow beyond the longest, or a source that is down would be asked for ever.
  schedule_.change(
      {.shortest = options_.poll_interval,
       .longest = std::max<Milliseconds>(options_.max_poll_interval, 2 * longest_wait + 1s),
       .first_backoff = 1s});
  std::size_t left = kMostUnanswered + 1;
  for (int in_vain = 0;;) {
    patience_ = {};
    const auto outcome = co_await poll();
    if (outcome && unanswered_.empty()) {
      co_return OnceOutcome{true, {}};
    }
    if (outcome) {
      // What was read is kept; only who has gone is not known yet.
      in_vain = unanswered_.size() < std::exchange(left, unanswered_.size()) ? 1 : in_vain + 1;
      const Milliseconds pause = in_vain * 1s;
      if (in_vain == kAskedInVain || pause > longest_wait) {
        co_return OnceOutcome{false, "the source does not say which posts have gone"};
      }
      co_await wait(pause);
      continue;
    }
    const Milliseconds pause = wait_after(outcome);
    if (state_after(outcome) == "refused" || outcome.error().reason == kNoSpace ||
        pause > longest_wait) {
      co_return OnceOutcome{false, outcome.error().message};
    }
    co_await wait(pause);
  }
}

asio::awaitable<void> WatchLoop::wait(Milliseconds duration) {
  status_.next_poll = parts_.clock.now() + duration;
  expect_progress_within(duration + kLongestOversleep);
  timer_.expires_after(duration);
  boost::system::error_code woken;
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

asio::awaitable<Result<void>> WatchLoop::load_progress() {
  struct Loaded {
    std::string progress;
    bool paused = false;
    TimePoint held_until;
    std::vector<CoverageRow> coverage;
  };
  auto loaded = co_await on_worker(parts_.workers, [this]() -> Result<Loaded> {
    auto progress = parts_.store.progress(key_);
    if (!progress) {
      return progress.error();
    }
    const auto paused = parts_.store.is_paused(key_);
    if (!paused) {
      return paused.error();
    }
    const auto held_until = parts_.store.held_until(source_.options().url);
    if (!held_until) {
      return held_until.error();
    }
    auto coverage = parts_.store.coverage(key_);
    if (!coverage) {
      return coverage.error();
    }
    return Loaded{std::move(*progress), *paused, *held_until, std::move(*coverage)};
  });
  if (!loaded) {
    co_return loaded.error();
  }
  reading_ = Progress{std::move(loaded->progress)};
  paused_ = loaded->paused;
  held_until_ = loaded->held_until;
  stored_ = first_stretch(loaded->coverage);
  if (const auto left = held_until_ - parts_.clock.now(); left > 0s) {
    source_.hold_for(std::min<Milliseconds>(left, kLongestHold));
  }
  co_return Result<void>();
}

asio::awaitable<Result<void>> WatchLoop::poll() {
  polling_ = true;
  new_in_poll_ = 0;
  if (parts_.space.complaint().empty()) {
    co_await ask_again();
  }
  const auto outcome = co_await read_to_head();
  // What was read before a failure is kept all the same.
  co_await fewer_pages_than(1);
  polling_ = false;
  note_outcome(outcome);
  if (!outcome) {
    co_await keep_hold();
  }
  co_return outcome;
}

// What the server asked for is obeyed after a restart too.
asio::awaitable<void> WatchLoop::keep_hold() {
  const Milliseconds left = source_.held_for();
  const TimePoint until = parts_.clock.now() + left;
  if (left < kShortestHold || std::chrono::abs(until - held_until_) < kShortestHold) {
    co_return;
  }
  HoldSource facts{source_.options().url, until};
  const auto outcome = co_await commit(parts_.store, std::move(facts));
  if (!outcome) {
    parts_.on_storage_failure(outcome.error());
    co_return;
  }
  held_until_ = until;
}

asio::awaitable<Result<void>> WatchLoop::read_to_head() {
  for (;;) {
    if (std::string complaint = parts_.space.complaint(); !complaint.empty()) {
      co_return Error{ErrorCode::Unavailable, std::move(complaint), kNoSpace};
    }
    auto share = co_await take_share();
    expect_progress_within(kLongestStep);
    ReadRequest request = read_request();
    auto page = co_await source_.connector().next(std::move(request));
    if (!page) {
      failures_here_ += may_lie_in_the_page(page.error()) ? 1 : 0;
      co_return page.error();
    }
    failures_here_ = 0;
    if (page->gave_up) {
      parts_.journal.warning("page-given-up",
                             {{"watch", options_.name}, {"source", options_.source}});
    }
    if (page->began_anew) {
      parts_.journal.warning("watch-began-anew",
                             {{"watch", options_.name}, {"source", options_.source}});
    }
    reading_ = page->next;
    const bool at_head = page->at_head;
    has_looked_ = has_looked_ || page->newest;
    status_.posts += page->posts.size();
    parts_.counters.posts[{options_.source, options_.name}] += page->posts.size();
    ++pages_under_way_;
    tasks_.spawn(handle(std::move(*page), std::move(share), turns_drawn_++));
    // A walk that a restart has cut ends below what came since: the head is seen by looking at it.
    if ((at_head && has_looked_) || paused_) {
      co_return Result<void>();  // Each page is durable by itself: a pause may come between two.
    }
  }
}

asio::awaitable<Allowance::Share> WatchLoop::take_share() {
  waits_for_share_ = true;
  co_await fewer_pages_than(most_pages());
  Allowance& pages = pages_under_way_ == 0 ? parts_.first_pages : parts_.pages;
  auto share = co_await pages.take(1);
  waits_for_share_ = false;
  co_return share;
}

// A part of what the others leave free, so that some always is: the dynamic thresholds by which
// switches share a buffer (Choudhury and Hahne, IEEE/ACM Transactions on Networking 6(2), 1998).
std::uint64_t WatchLoop::most_pages() const {
  return std::max<std::uint64_t>(parts_.pages.total() - parts_.pages.taken(), 1);
}

asio::awaitable<void> WatchLoop::handle(Page page, Allowance::Share share, std::uint64_t turn) {
  const auto complete_between = page.complete_between;
  std::vector<std::string> seen;
  if (complete_between) {
    for (const Post& post : page.posts) {
      seen.push_back(post.ref.uri);
    }
    for (const SkippedPost& post : page.skipped) {
      seen.push_back(post.uri);
    }
  }
  auto taken = co_await parts_.intake.take(heading(), std::move(page), source_.media(), tasks_);
  if (!taken) {
    parts_.on_storage_failure(taken.error());
    co_return;
  }
  co_await wait_for_turn(turn);
  const auto begun = std::chrono::steady_clock::now();
  const auto outcome =
      co_await commit(parts_.store, std::move(taken->facts), std::move(taken->staged), [this] {
        ++turn_;
        page_changed_.cancel();
      });
  if (!outcome) {
    parts_.on_storage_failure(outcome.error());
    co_return;
  }
  parts_.counters.stages.record(Stage::Commit, std::chrono::steady_clock::now() - begun);
  expect_progress_within(kLongestStep);
  schedule_.made_progress();
  advanced_at_ = parts_.clock.now();
  count(*outcome);
  share.release();
  if (complete_between) {
    co_await look_for_vanished(*complete_between, std::move(seen));
  }
  --pages_under_way_;
  page_changed_.cancel();
}

// Pages become durable in the order they were read: only a closed walk may move the head.
asio::awaitable<void> WatchLoop::wait_for_turn(std::uint64_t turn) {
  while (turn_ != turn) {
    boost::system::error_code ignored;
    co_await page_changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

asio::awaitable<void> WatchLoop::fewer_pages_than(std::uint64_t limit) {
  while (pages_under_way_ >= limit) {
    boost::system::error_code ignored;
    co_await page_changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

// A stored post that a re-read range no longer shows may have been deleted. Only the source that
// brought it first knows it by the id that is stored, and only that one is asked.
asio::awaitable<void> WatchLoop::look_for_vanished(PositionRange range,
                                                   std::vector<std::string> seen) {
  auto missing = co_await on_worker(parts_.workers, [this, &range, &seen] {
    return parts_.store.posts_missing(key_, range.from, range.to, seen);
  });
  if (!missing) {
    parts_.on_storage_failure(missing.error());
    co_return;
  }
  std::erase_if(*missing,
                [this](const SuspectedPost& post) { return post.source != source_.options().url; });
  co_await ask_about(std::move(*missing));
}

// Asks about some of them at a time; who is left over is asked about in a later poll.
asio::awaitable<void> WatchLoop::ask_about(std::vector<SuspectedPost> posts) {
  if (!patience_.is_over(std::chrono::steady_clock::now())) {
    put_off(std::move(posts));
    co_return;
  }
  const auto end =
      posts.begin() + static_cast<std::ptrdiff_t>(std::min(posts.size(), kAskedOfOnePage));
  put_off({end, posts.end()});
  posts.erase(end, posts.end());
  while (!posts.empty()) {
    const auto first =
        posts.end() - static_cast<std::ptrdiff_t>(std::min(posts.size(), kAskedAtOnce));
    expect_progress_within(kLongestLook);
    std::vector<SuspectedPost> some(first, posts.end());
    auto unanswered = co_await recheck(parts_, source_, std::move(some));
    expect_progress_within(kLongestStep);
    patience_.note(unanswered.has_value(), std::chrono::steady_clock::now());
    if (!unanswered) {
      note_silence(unanswered.error());
      put_off(std::move(posts));
      co_return;
    }
    posts.erase(first, posts.end());
    put_off(std::move(*unanswered));
  }
}

// That nobody says whether posts are gone is told once, not at every try.
void WatchLoop::note_silence(const Error& error) {
  const std::initializer_list<Journal::Field> fields = {
      {"watch", options_.name}, {"source", options_.source}, {"reason", outcome_name(error)}};
  if (patience_.failures() == 1) {
    parts_.journal.warning("recheck-failed", fields);
  } else {
    parts_.journal.debug("recheck-failed", fields);
  }
}

void WatchLoop::put_off(std::vector<SuspectedPost> posts) {
  for (SuspectedPost& post : posts) {
    if (unanswered_.size() == kMostUnanswered) {
      return;  // A later re-read finds the rest.
    }
    unanswered_.insert_or_assign(post.sighting, std::move(post));
  }
}

asio::awaitable<void> WatchLoop::ask_again() {
  std::vector<SuspectedPost> posts;
  for (auto& [sighting, post] : std::exchange(unanswered_, {})) {
    posts.push_back(std::move(post));
  }
  co_await ask_about(std::move(posts));
}

asio::awaitable<void> WatchLoop::refresh_coverage() {
  const auto rows =
      co_await on_worker(parts_.workers, [this] { return parts_.store.coverage(key_); });
  if (!rows) {
    parts_.on_storage_failure(rows.error());
    co_return;
  }
  if (!rows->empty()) {
    status_.coverage_ratio = ratio_covered(*rows, parts_.clock.now());
  }
}

ReadRequest WatchLoop::read_request() const {
  ReadRequest request{.subject = options_.subject,
                      .progress = *reading_,
                      .now = parts_.clock.now(),
                      .backfill_from = std::nullopt,
                      .stored = stored_,
                      .give_up = failures_here_ >= kTriesOfOnePage,
                      .look_again = !has_looked_};
  switch (options_.backfill.kind) {
    case Backfill::Kind::Nothing:
      request.backfill_from = started_at_;
      break;
    case Backfill::Kind::Duration:
      request.backfill_from = request.now - options_.backfill.duration;
      break;
    case Backfill::Kind::Everything:
      break;
  }
  return request;
}

PageFacts WatchLoop::heading() const {
  PageFacts facts;
  facts.watch = key_;
  facts.watch_name = options_.name;
  facts.source = options_.source;
  facts.network = source_.options().kind;
  facts.read_at = parts_.clock.now();
  facts.media_required = options_.media_required;
  if (std::holds_alternative<Hashtag>(options_.subject)) {
    facts.per_author_per_day = parts_.per_author_per_day;
  }
  return facts;
}

void WatchLoop::count(const CommitOutcome& outcome) {
  IngestCounters& counters = parts_.counters;
  status_.sightings += outcome.sightings;
  new_in_poll_ += outcome.sightings + outcome.updated;
  counters.sightings[options_.source] += outcome.sightings;
  for (const auto& [reason, number] : outcome.skipped) {
    counters.skipped[{options_.source, reason}] += number;
    new_in_poll_ += number;
  }
  count_images(counters, outcome);
}

void WatchLoop::note_outcome(const Result<void>& outcome) {
  const TimePoint now = parts_.clock.now();
  const std::string_view name = outcome_name(outcome);
  ++parts_.counters.polls[{options_.source, std::string(name)}];
  const bool changed = status_.last_outcome != name;
  status_.last_outcome = name;
  status_.last_poll = now;
  status_.state = state_after(outcome);
  if (outcome) {
    status_.last_success = now;
    status_.last_error.clear();
    if (changed) {
      parts_.journal.info("watch-ok", {{"watch", options_.name}, {"source", options_.source}});
    }
    return;
  }
  if (is_waiting_for_its_turn(outcome)) {
    return;
  }
  ++status_.errors;
  status_.last_error = outcome.error().message;
  if (changed) {
    parts_.journal.warning("watch-failed", {{"watch", options_.name},
                                            {"source", options_.source},
                                            {"reason", name},
                                            {"message", outcome.error().message}});
  }
}

void WatchLoop::expect_progress_within(std::chrono::steady_clock::duration limit) {
  deadline_ = std::chrono::steady_clock::now() + limit;
}

WatchLoop::Milliseconds WatchLoop::wait_after(const Result<void>& outcome) {
  if (outcome) {
    return schedule_.after_success(new_in_poll_);
  }
  if (outcome.error().reason == kNoSpace) {
    return kSpaceLook;
  }
  const Milliseconds asked_for = outcome.error().retry_after;
  const std::string_view state = state_after(outcome);
  if (state == "refused") {
    return schedule_.after_refusal(asked_for);
  }
  return state == "rate_limited" ? schedule_.after_rate_limit(asked_for)
                                 : schedule_.after_failure(asked_for);
}

}  // namespace sightingd
