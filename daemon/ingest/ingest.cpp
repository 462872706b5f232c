#include "daemon/ingest/ingest.h"

#include "daemon/ingest/clock_check.h"
#include "daemon/ingest/free_space.h"
#include "daemon/ingest/image_intake.h"
#include "daemon/ingest/image_retries.h"
#include "daemon/ingest/page_intake.h"
#include "daemon/ingest/second_look.h"
#include "daemon/ingest/source.h"
#include "daemon/ingest/task_group.h"
#include "daemon/ingest/watch_loop.h"
#include "daemon/workers/commit.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <random>
#include <utility>

namespace sightingd {
namespace asio = boost::asio;
namespace {

using std::chrono::milliseconds;

// Pages that are read and not yet durable, over all watches: a bound on memory.
constexpr std::uint64_t kPagesUnderWay = 32;
constexpr std::uint64_t kFirstPagesUnderWay = 128;
// The first polls after a start are this far apart.
constexpr milliseconds kBetweenFirstPolls{50};

// Shared with the requests of retries and second looks that are under way when a reload takes a
// source away. Watches are stopped before.
using Sources = std::vector<std::shared_ptr<Source>>;
using Watches = std::vector<std::unique_ptr<WatchLoop>>;

}  // namespace

class Ingest::Impl {
 public:
  Impl(IngestParts parts, const Settings& settings)
      : parts_(std::move(parts)),
        images_(parts_.executor,
                {.max_bytes = settings.media.max_bytes, .in_flight = settings.media.in_flight},
                parts_.examiner, parts_.store, parts_.workers, counters_.stages),
        pages_(parts_.executor, kPagesUnderWay),
        first_pages_(parts_.executor, kFirstPagesUnderWay),
        space_(parts_.store, parts_.store_path, parts_.keep_free),
        intake_(parts_.store, parts_.workers, images_, parts_.page_patience),
        watch_parts_{parts_.executor,
                     parts_.clock,
                     parts_.store,
                     parts_.workers,
                     intake_,
                     pages_,
                     first_pages_,
                     space_,
                     counters_,
                     parts_.journal,
                     settings.limits.per_author_per_day,
                     parts_.on_storage_failure,
                     parts_.on_bug},
        retries_(
            watch_parts_, images_, [this](std::string_view url) { return find_source_at(url); },
            [this](std::string_view watch) { return requires_media(watch); }),
        second_look_(watch_parts_, [this](std::string_view url) { return find_source_at(url); }),
        once_(parts_.executor, parts_.on_bug) {}

  Result<Sources> make_sources(const std::vector<SourceOptions>& options) {
    Sources sources;
    for (const SourceOptions& source : options) {
      auto made = Source::make(source, parts_.network, parts_.executor, parts_.clock, seed());
      if (!made) {
        return made.error();
      }
      sources.push_back(std::move(*made));
    }
    return sources;
  }

  Result<void> configure(const Settings& settings) {
    auto sources = make_sources(settings.sources);
    if (!sources) {
      return sources.error();
    }
    sources_ = std::move(*sources);
    for (const WatchOptions& watch : settings.watches) {
      add_watch(watch);
    }
    return {};
  }

  void start() {
    started_ = true;
    milliseconds delay{0};
    for (const auto& watch : watches_) {
      watch->start(delay);
      delay += kBetweenFirstPolls;
    }
    retries_.start();
    second_look_.start();
  }

  asio::awaitable<std::vector<std::string>> run_once(milliseconds longest_wait) {
    for (const auto& source : sources_) {
      source->wait_at_most(longest_wait);
    }
    for (const auto& watch : watches_) {
      once_.spawn(run_watch_once(*watch, longest_wait));
    }
    co_await once_.finished();
    const std::map<std::string, std::size_t> pending = co_await retries_.run_once();
    for (const auto& [watch, pictures] : pending) {
      undone_.push_back("watch " + watch + ": " + std::to_string(pictures) +
                        (pictures == 1 ? " picture is" : " pictures are") +
                        " still pending: run it again, or leave them to the daemon");
    }
    once_.spawn(second_look_.look());
    co_await once_.finished();
    if (once_.cancelled()) {
      co_return std::vector<std::string>{"stopped before the end: run it again"};
    }
    co_return std::move(undone_);
  }

  asio::awaitable<void> stop() {
    stopping_ = true;
    once_.cancel();
    stop_all(watches_);
    retries_.stop();
    second_look_.stop();
    co_await once_.finished();
    co_await all_stopped(watches_);
    co_await retries_.stopped();
    co_await second_look_.stopped();
    while (applying_) {
      boost::system::error_code ignored;
      co_await applied_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
  }

  asio::awaitable<Result<void>> apply(const Settings& settings) {
    applying_ = true;
    auto outcome = co_await apply_alone(settings);
    applying_ = false;
    applied_.cancel();
    co_return outcome;
  }

  // A watch that did not change keeps running, unless its source changed: it holds on to it.
  asio::awaitable<Result<void>> apply_alone(const Settings& settings) {
    if (stopping_) {
      co_return being_stopped();
    }
    auto fresh = make_sources(changed_sources(settings.sources));
    if (!fresh) {
      co_return fresh.error();
    }
    Watches leaving = take_watches_unlike(settings);
    stop_all(leaving);
    co_await all_stopped(leaving);
    leaving.clear();
    if (stopping_) {
      co_return being_stopped();
    }

    Sources outgoing = std::move(sources_);
    sources_.clear();
    for (const auto& source : *fresh) {
      for (const auto& before : outgoing) {
        if (before->options().url == source->options().url) {
          source->inherit(*before);
        }
      }
    }
    for (const SourceOptions& options : settings.sources) {
      sources_.push_back(
          take_by_name(find_by_name(*fresh, options.name) ? *fresh : outgoing, options.name));
    }
    watch_parts_.per_author_per_day = settings.limits.per_author_per_day;
    milliseconds delay{0};
    for (const WatchOptions& options : settings.watches) {
      if (find_watch(options.name) == nullptr) {
        WatchLoop& added = add_watch(options);
        if (started_) {
          added.start(delay);
          delay += kBetweenFirstPolls;
        }
      }
    }
    sort_like(settings.watches);
    co_return Result<void>();
  }

  // A watch that is configured no more is one that took no post without pictures.
  bool requires_media(std::string_view name) const {
    const WatchLoop* const watch = find_watch(name);
    return watch == nullptr || watch->options().media_required;
  }

  std::optional<WatchKey> watch_key_of(std::string_view name) const {
    const WatchLoop* const watch = find_watch(name);
    return watch == nullptr ? std::nullopt : std::optional(watch->key());
  }

  asio::awaitable<Result<void>> set_paused(std::string name, bool paused) {
    const WatchLoop* const watch = find_watch(name);
    if (watch == nullptr) {
      co_return Error{ErrorCode::Gone, "no watch has this name"};
    }
    PauseWatch facts{watch->key(), paused};
    const auto outcome = co_await commit(parts_.store, std::move(facts));
    if (!outcome) {
      co_return outcome.error();
    }
    // A reload may have replaced the loop meanwhile.
    if (WatchLoop* const current = find_watch(name)) {
      current->set_paused(paused);
    }
    co_return Result<void>();
  }

  std::vector<WatchStatus> watch_statuses() const {
    const TimePoint now = parts_.clock.now();
    std::vector<WatchStatus> statuses;
    for (const auto& watch : watches_) {
      statuses.push_back(watch->status(now));
    }
    return statuses;
  }

  std::vector<SourceStatus> source_statuses() const {
    std::vector<SourceStatus> statuses;
    for (const auto& source : sources_) {
      statuses.push_back(source->status());
    }
    return statuses;
  }

  std::string not_ready_reason() const {
    if (std::string complaint = space_.complaint(); !complaint.empty()) {
      return complaint;
    }
    if (std::string complaint = complaint_about_clock(); !complaint.empty()) {
      return complaint;
    }
    if (std::string reason = images_.cannot_examine(); !reason.empty()) {
      return "no picture can be examined: " + reason;
    }
    for (const WatchStatus& watch : watch_statuses()) {
      if (watch.state == "paused") {
        continue;
      }
      if (watch.state == "stalled" || watch.state == "refused") {
        return "watch " + watch.name + " is " + watch.state;
      }
      if (!watch.last_success) {
        return "watch " + watch.name + " has not been read yet";
      }
    }
    return {};
  }

  std::string clock_doubt() const {
    if (std::string complaint = complaint_about_clock(); !complaint.empty()) {
      return complaint;
    }
    return sources_.empty() || !clock_differences().empty()
               ? ""
               : "no source has told the time since the start, so the clock may be wrong";
  }

  bool waits_for_space() const { return !space_.complaint().empty(); }

  // Whoever waits for space does not hang.
  bool is_alive(std::chrono::steady_clock::time_point now) const {
    return parts_.store.is_full() ||
           std::all_of(watches_.begin(), watches_.end(),
                       [now](const auto& watch) { return watch->is_alive(now); });
  }

  const IngestCounters& counters() const {
    counters_.queue_depths["fetch"] = images_.fetching();
    counters_.queue_depths["examine"] = images_.examining();
    counters_.queue_depths["commit"] = parts_.store.statistics().waiting_commits;
    return counters_;
  }

 private:
  std::vector<milliseconds> clock_differences() const {
    std::vector<milliseconds> differences;
    for (const auto& source : sources_) {
      if (const auto difference = source->clock_difference()) {
        differences.push_back(*difference);
      }
    }
    return differences;
  }

  std::string complaint_about_clock() const {
    return clock_complaint(clock_differences(), clock_drift());
  }

  milliseconds clock_drift() const {
    return (parts_.clock.now() - started_at_) - (parts_.clock.since_boot() - booted_for_);
  }

  static Error being_stopped() { return {ErrorCode::Unavailable, "the daemon is stopping"}; }

  std::uint32_t seed() { return static_cast<std::uint32_t>(random_()); }

  WatchLoop& add_watch(const WatchOptions& options) {
    watches_.push_back(
        std::make_unique<WatchLoop>(watch_parts_, *find_source(options.source), options, seed()));
    return *watches_.back();
  }

  asio::awaitable<void> run_watch_once(WatchLoop& watch, milliseconds longest_wait) {
    const OnceOutcome outcome = co_await watch.run_once(longest_wait);
    if (!outcome.finished) {
      undone_.push_back("watch " + watch.options().name + ": " + outcome.why_not);
    }
  }

  static void stop_all(const Watches& watches) {
    for (const auto& watch : watches) {
      watch->stop();
    }
  }

  static asio::awaitable<void> all_stopped(const Watches& watches) {
    for (const auto& watch : watches) {
      co_await watch->stopped();
    }
  }

  static bool find_by_name(const Sources& sources, std::string_view name) {
    return std::any_of(sources.begin(), sources.end(), [name](const auto& source) {
      return source && source->options().name == name;
    });
  }

  static std::shared_ptr<Source> take_by_name(Sources& sources, std::string_view name) {
    for (auto& source : sources) {
      if (source && source->options().name == name) {
        return std::move(source);
      }
    }
    return nullptr;
  }

  std::shared_ptr<Source> find_source(std::string_view name) const {
    for (const auto& source : sources_) {
      if (source->options().name == name) {
        return source;
      }
    }
    return nullptr;
  }

  // By what it is: a stored sighting outlives the name that its source was configured with.
  std::shared_ptr<Source> find_source_at(std::string_view url) const {
    for (const auto& source : sources_) {
      if (source->options().url == url) {
        return source;
      }
    }
    return nullptr;
  }

  WatchLoop* find_watch(std::string_view name) const {
    for (const auto& watch : watches_) {
      if (watch->options().name == name) {
        return watch.get();
      }
    }
    return nullptr;
  }

  std::vector<SourceOptions> changed_sources(const std::vector<SourceOptions>& wanted) const {
    std::vector<SourceOptions> changed;
    for (const SourceOptions& options : wanted) {
      const auto present = find_source(options.name);
      if (present == nullptr || present->options() != options) {
        changed.push_back(options);
      }
    }
    return changed;
  }

  Watches take_watches_unlike(const Settings& settings) {
    const auto changed = changed_sources(settings.sources);
    const auto keeps = [&](const std::unique_ptr<WatchLoop>& watch) {
      const bool same_source = std::none_of(changed.begin(), changed.end(), [&](const auto& s) {
        return s.name == watch->options().source;
      });
      return same_source && std::find(settings.watches.begin(), settings.watches.end(),
                                      watch->options()) != settings.watches.end();
    };
    const auto leaving = std::stable_partition(watches_.begin(), watches_.end(), keeps);
    Watches taken(std::make_move_iterator(leaving), std::make_move_iterator(watches_.end()));
    watches_.erase(leaving, watches_.end());
    return taken;
  }

  void sort_like(const std::vector<WatchOptions>& order) {
    const auto place = [&order](const std::unique_ptr<WatchLoop>& watch) {
      return std::find(order.begin(), order.end(), watch->options());
    };
    std::sort(watches_.begin(), watches_.end(),
              [&](const auto& a, const auto& b) { return place(a) < place(b); });
  }

  IngestParts parts_;
  const TimePoint started_at_ = parts_.clock.now();
  const milliseconds booted_for_ = parts_.clock.since_boot();
  mutable IngestCounters counters_;
  std::mt19937 random_{std::random_device{}()};
  ImageIntake images_;
  Allowance pages_;
  Allowance first_pages_;
  FreeSpace space_;
  PageIntake intake_;
  WatchParts watch_parts_;
  Sources sources_;
  Watches watches_;
  ImageRetries retries_;
  SecondLook second_look_;
  bool started_ = false;
  bool stopping_ = false;
  bool applying_ = false;
  asio::steady_timer applied_{parts_.executor, asio::steady_timer::time_point::max()};
  std::vector<std::string> undone_;  // Of run_once().
  TaskGroup once_;
};

Ingest::Ingest(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Ingest::~Ingest() = default;

Result<std::unique_ptr<Ingest>> Ingest::make(IngestParts parts, const Settings& settings) {
  auto impl = std::make_unique<Impl>(std::move(parts), settings);
  if (auto configured = impl->configure(settings); !configured) {
    return configured.error();
  }
  return std::unique_ptr<Ingest>(new Ingest(std::move(impl)));
}

void Ingest::start() { impl_->start(); }
asio::awaitable<std::vector<std::string>> Ingest::run_once(milliseconds longest_wait) {
  return impl_->run_once(longest_wait);
}
asio::awaitable<void> Ingest::stop() { return impl_->stop(); }
asio::awaitable<Result<void>> Ingest::apply(const Settings& settings) {
  return impl_->apply(settings);
}
std::optional<WatchKey> Ingest::watch_key_of(std::string_view watch_name) const {
  return impl_->watch_key_of(watch_name);
}
asio::awaitable<Result<void>> Ingest::set_paused(std::string watch_name, bool paused) {
  return impl_->set_paused(std::move(watch_name), paused);
}
std::vector<WatchStatus> Ingest::watch_statuses() const { return impl_->watch_statuses(); }
std::vector<SourceStatus> Ingest::source_statuses() const { return impl_->source_statuses(); }
std::string Ingest::not_ready_reason() const { return impl_->not_ready_reason(); }
std::string Ingest::clock_doubt() const { return impl_->clock_doubt(); }
bool Ingest::waits_for_space() const { return impl_->waits_for_space(); }
bool Ingest::is_alive(std::chrono::steady_clock::time_point now) const {
  return impl_->is_alive(now);
}
const IngestCounters& Ingest::counters() const { return impl_->counters(); }

}  // namespace sightingd
