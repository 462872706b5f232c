#include "daemon/control/store_operations.h"

#include "daemon/workers/on_worker.h"

#include <algorithm>
#include <utility>

namespace sightingd {
namespace {

namespace asio = boost::asio;

Error no_daemon() {
  return {ErrorCode::Unavailable, "sightingd is not running; start it first.", "no-daemon"};
}

}  // namespace

WatchListing listing_of(const WatchOptions& watch) {
  WatchListing listing;
  listing.name = watch.name;
  listing.source = watch.source;
  if (const auto* account = std::get_if<Account>(&watch.subject)) {
    listing.is_account = true;
    listing.subject = account->handle;
  } else if (const auto* hashtag = std::get_if<Hashtag>(&watch.subject)) {
    listing.subject = hashtag->spelling();
  }
  listing.poll_interval = watch.poll_interval;
  listing.max_poll_interval = watch.max_poll_interval;
  listing.media_required = watch.media_required;
  return listing;
}

StoreOperations::StoreOperations(const Settings& settings, Store& store, asio::thread_pool& workers)
    : store_(store), workers_(workers), backups_kept_(settings.retention.backups) {
  for (const WatchOptions& watch : settings.watches) {
    const auto source = std::ranges::find(settings.sources, watch.source, &SourceOptions::name);
    if (source != settings.sources.end()) {
      watches_.push_back(listing_of(watch));
      keys_.emplace(watch.name, sightingd::watch_key(*source, watch.subject));
    }
  }
}

asio::awaitable<Result<Status>> StoreOperations::status() { co_return no_daemon(); }

asio::awaitable<Result<std::string>> StoreOperations::metrics_text() { co_return no_daemon(); }

std::optional<WatchKey> StoreOperations::watch_key(std::string_view watch_name) const {
  const auto key = keys_.find(watch_name);
  return key == keys_.end() ? std::nullopt : std::optional(key->second);
}

asio::awaitable<Result<std::vector<WatchListing>>> StoreOperations::watches() {
  return on_worker(workers_, [this] { return list_watches(); });
}

Result<std::vector<WatchListing>> StoreOperations::list_watches() const {
  std::vector<WatchListing> listed = watches_;
  for (WatchListing& watch : listed) {
    const Result<bool> paused = store_.is_paused(keys_.at(watch.name));
    if (!paused) {
      return paused.error();
    }
    watch.paused = *paused;
  }
  return listed;
}

asio::awaitable<Result<void>> StoreOperations::set_paused(std::string watch_name, bool paused) {
  const auto key = watch_key(watch_name);
  if (!key) {
    co_return Error{ErrorCode::Gone, "No watch has this name."};
  }
  Facts facts = PauseWatch{*key, paused};
  const Result<CommitOutcome> committed = co_await commit(std::move(facts));
  if (!committed) {
    co_return committed.error();
  }
  co_return Result<void>();
}

asio::awaitable<Result<void>> StoreOperations::change_key(SecretKey key) {
  co_return co_await on_worker(workers_, [&] { return store_.change_key(key); });
}

std::optional<std::chrono::seconds> StoreOperations::backups_kept() const { return backups_kept_; }

asio::awaitable<Result<ReloadReport>> StoreOperations::reload(bool) { co_return no_daemon(); }

asio::awaitable<Result<CommitOutcome>> StoreOperations::commit(Facts facts) {
  co_return co_await on_worker(workers_, [&] { return store_.commit(std::move(facts)); });
}

}  // namespace sightingd
