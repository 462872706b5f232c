#pragma once

#include "config/settings.h"
#include "connectors/connector.h"
#include "daemon/api/status.h"
#include "daemon/ingest/allowance.h"
#include "daemon/ingest/free_space.h"
#include "daemon/ingest/page_intake.h"
#include "daemon/ingest/patience.h"
#include "daemon/ingest/poll_schedule.h"
#include "daemon/ingest/source.h"
#include "daemon/ingest/task_group.h"
#include "daemon/ops/counters.h"
#include "daemon/ops/journal.h"
#include "pipeline/time.h"
#include "storage/store.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace sightingd {

/// What every watch works with. Owned by Ingest, which outlives its watches.
struct WatchParts {
  boost::asio::any_io_executor executor;
  const Clock& clock;
  Store& store;
  boost::asio::thread_pool& workers;
  PageIntake& intake;
  /// Pages that are read and not yet durable, over all watches.
  Allowance& pages;
  /// The same of watches that have no other: the slow pictures of some keep no other from polling.
  Allowance& first_pages;
  const FreeSpace& space;
  IngestCounters& counters;
  Journal& journal;
  std::optional<std::uint32_t> per_author_per_day;
  /// The store cannot be written any more: the program must stop.
  std::function<void(const Error&)> on_storage_failure;
  std::function<void(std::exception_ptr)> on_bug;
};

/// How one run of a watch to its head ended.
struct OnceOutcome {
  bool finished = false;
  std::string why_not;  ///< A sentence; empty when finished.
};

/// The loop of one watch: wait, read to the head page by page, and while the pictures of one
/// page are fetched and examined already read the next; pages become durable in order.
class WatchLoop {
 public:
  WatchLoop(WatchParts& parts, Source& source, WatchOptions options, std::uint32_t seed);

  /// Polls for good, the first time after `delay`.
  void start(std::chrono::milliseconds delay);
  /// Reads to the head once. A wait longer than `longest_wait` gives up.
  boost::asio::awaitable<OnceOutcome> run_once(std::chrono::milliseconds longest_wait);
  /// Ends every request and wait; await stopped() before destroying the loop.
  void stop();
  boost::asio::awaitable<void> stopped();

  /// Durable already: this only tells the loop.
  void set_paused(bool paused);

  const WatchOptions& options() const { return options_; }
  const WatchKey& key() const { return key_; }
  WatchStatus status(TimePoint now) const;
  /// False when what it is doing has outlasted every time limit inside: it hangs.
  bool is_alive(std::chrono::steady_clock::time_point now) const;

 private:
  using Milliseconds = std::chrono::milliseconds;

  boost::asio::awaitable<void> run(Milliseconds delay);
  boost::asio::awaitable<void> wait(Milliseconds duration);
  boost::asio::awaitable<Result<void>> load_progress();
  boost::asio::awaitable<Result<void>> poll();
  boost::asio::awaitable<Result<void>> read_to_head();
  boost::asio::awaitable<Allowance::Share> take_share();
  std::uint64_t most_pages() const;
  boost::asio::awaitable<void> handle(Page page, Allowance::Share share, std::uint64_t turn);
  boost::asio::awaitable<void> wait_for_turn(std::uint64_t turn);
  boost::asio::awaitable<void> fewer_pages_than(std::uint64_t limit);
  boost::asio::awaitable<void> look_for_vanished(PositionRange range,
                                                 std::vector<std::string> seen);
  boost::asio::awaitable<void> ask_about(std::vector<SuspectedPost> posts);
  void put_off(std::vector<SuspectedPost> posts);
  void note_silence(const Error& error);
  boost::asio::awaitable<void> ask_again();
  boost::asio::awaitable<void> refresh_coverage();
  boost::asio::awaitable<void> keep_hold();
  ReadRequest read_request() const;
  PageFacts heading() const;
  void count(const CommitOutcome& outcome);
  void note_outcome(const Result<void>& outcome);
  void expect_progress_within(std::chrono::steady_clock::duration limit);
  Milliseconds wait_after(const Result<void>& outcome);

  WatchParts& parts_;
  Source& source_;
  const WatchOptions options_;
  const WatchKey key_;
  PollSchedule schedule_;
  boost::asio::steady_timer timer_;
  std::optional<Progress> reading_;  ///< Of the newest page read, durable or not.
  int failures_here_ = 0;            ///< In a row, at what comes next.
  /// Posts that have vanished, and of which the source has not said whether they are gone.
  std::map<SightingId, SuspectedPost> unanswered_;
  Patience patience_;  ///< In asking about them.
  /// At the newest posts, since the start: who was left unanswered before is not known, nor what
  /// came after a walk that was cut then.
  bool has_looked_ = false;
  TimePoint held_until_;  ///< Of the source; durable.
  /// What had been read without a gap when the progress was loaded.
  std::optional<TimeRange> stored_;
  bool paused_ = false;
  bool polling_ = false;
  bool waits_for_share_ = false;

  std::uint64_t turns_drawn_ = 0;
  std::uint64_t turn_ = 0;  ///< Whose page may be queued for writing.
  std::uint64_t pages_under_way_ = 0;
  boost::asio::steady_timer page_changed_;
  std::uint64_t new_in_poll_ = 0;

  WatchStatus status_;
  TimePoint started_at_;
  TimePoint advanced_at_;  ///< When a page became durable.
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
  TaskGroup tasks_;
};

}  // namespace sightingd
