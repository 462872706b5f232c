#include "daemon/live_operations.h"

#include "config/config_file.h"
#include "config/difference.h"
#include "daemon/control/store_operations.h"
#include "daemon/ops/metrics.h"
#include "daemon/refused_list.h"
#include "daemon/workers/commit.h"
#include "daemon/workers/on_worker.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace sightingd {
namespace asio = boost::asio;

LiveOperations::LiveOperations(Parts parts, Settings settings)
    : parts_(std::move(parts)), settings_(std::move(settings)), started_at_(parts_.clock.now()) {}

asio::awaitable<Result<Status>> LiveOperations::status() { co_return present_status(); }

asio::awaitable<Result<std::string>> LiveOperations::metrics_text() {
  IngestCounters counters = parts_.ingest.counters();
  counters.examiner_restarts = parts_.examiner.statistics().restarts;
  co_return sightingd::metrics_text(present_status(), counters);
}

std::optional<WatchKey> LiveOperations::watch_key(std::string_view watch_name) const {
  return parts_.ingest.watch_key_of(watch_name);
}

asio::awaitable<Result<std::vector<WatchListing>>> LiveOperations::watches() {
  // A reload may change the settings meanwhile: the worker reads a copy.
  std::vector<std::pair<WatchListing, WatchKey>> listed;
  for (const WatchOptions& watch : settings_.watches) {
    if (const auto key = watch_key(watch.name)) {
      listed.emplace_back(listing_of(watch), *key);
    }
  }
  co_return co_await on_worker(
      parts_.workers, [&store = parts_.store, &listed]() -> Result<std::vector<WatchListing>> {
        std::vector<WatchListing> listings;
        for (const auto& [listing, key] : listed) {
          const auto paused = store.is_paused(key);
          if (!paused) {
            return paused.error();
          }
          listings.push_back(listing);
          listings.back().paused = *paused;
        }
        return listings;
      });
}

asio::awaitable<Result<void>> LiveOperations::set_paused(std::string watch_name, bool paused) {
  return parts_.ingest.set_paused(std::move(watch_name), paused);
}

asio::awaitable<Result<CommitOutcome>> LiveOperations::commit(Facts facts) {
  auto outcome = co_await sightingd::commit(parts_.store, std::move(facts));
  if (outcome && outcome->erased > 0) {
    parts_.journal.info("erased", {{"sightings", std::to_string(outcome->erased)}});
  }
  co_return outcome;
}

asio::awaitable<Result<void>> LiveOperations::change_key(SecretKey key) {
  const auto changed = co_await on_worker(
      parts_.workers, [&store = parts_.store, &key] { return store.change_key(key); });
  if (changed) {
    parts_.journal.info("key-changed", {});
  }
  co_return changed;
}

std::optional<std::chrono::seconds> LiveOperations::backups_kept() const {
  return settings_.retention.backups;
}

asio::awaitable<Result<ReloadReport>> LiveOperations::reload(bool dry_run) {
  return reload_for(Audience::Operator, dry_run);
}

asio::awaitable<Result<ReloadReport>> LiveOperations::reload_for(Audience audience, bool dry_run) {
  if (std::exchange(reloading_, true)) {
    co_return Error{ErrorCode::Unavailable, "another reload is under way: try again"};
  }
  // Whoever asked may go, or be sent away: a reload that has begun is brought to its end.
  const auto executor = co_await asio::this_coro::executor;
  auto report = co_await asio::co_spawn(
      executor, reload_alone(audience, dry_run),
      asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable));
  reloading_ = false;
  co_return report;
}

// All or nothing: nothing is applied while anything is wrong or needs a restart.
asio::awaitable<Result<ReloadReport>> LiveOperations::reload_alone(Audience audience,
                                                                   bool dry_run) {
  ReloadReport report;
  auto loaded = load_settings(parts_.config, process_environment());
  for (const Diagnostic& mistake : loaded.errors) {
    report.mistakes.push_back(render(mistake, audience));
  }
  if (!loaded.settings) {
    co_return report;
  }
  for (const SettingsChange& change : difference(settings_, *loaded.settings)) {
    report.changes.push_back(render(change, audience));
    report.changed_keys.push_back(name_of(change));
    if (change.needs_restart) {
      report.needs_restart.push_back(change.section + "." + change.key);
    }
  }
  const auto listed = co_await on_worker(
      parts_.workers, [&refuse = loaded.settings->refuse] { return read_refused_list(refuse); });
  if (!listed) {
    report.mistakes.push_back(listed.error().message);
    co_return report;
  }
  if (dry_run || !report.needs_restart.empty()) {
    co_return report;
  }
  // First: nothing that is listed now is taken under the earlier list.
  co_await on_worker(parts_.workers, [&store = parts_.store, &listed] {
    store.refuse_listed(*listed);
    return true;
  });
  if (const auto applied = co_await parts_.ingest.apply(*loaded.settings); !applied) {
    co_return applied.error();
  }
  settings_ = std::move(*loaded.settings);
  parts_.retention.set(settings_.retention);
  parts_.journal.set_level(settings_.log_level);
  report.applied = true;
  co_return report;
}

Status LiveOperations::present_status() const {
  const StoreStatistics store = parts_.store.statistics();
  Status status;
  status.version = SIGHTINGD_VERSION;
  status.started_at = started_at_;
  status.now = parts_.clock.now();
  status.not_ready_reason =
      parts_.is_stopping() ? "the daemon is stopping" : parts_.ingest.not_ready_reason();
  status.ready = status.not_ready_reason.empty();
  status.encrypted = store.is_sealed;
  status.encrypting = store.is_being_sealed;
  status.sandbox_layers = parts_.examiner.statistics().layers;
  status.sources = parts_.ingest.source_statuses();
  status.watches = parts_.ingest.watch_statuses();
  status.retention = parts_.retention.status();
  status.waits_for_space = parts_.ingest.waits_for_space();
  status.store_bytes = store.bytes;
  status.photos = store.photos;
  status.sightings = store.sightings;
  status.pending_images = store.pending_images;
  status.feed_sequence = store.feed_sequence;
  return status;
}

}  // namespace sightingd
