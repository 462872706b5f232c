#pragma once

#include "config/settings.h"
#include "daemon/control/operations.h"
#include "storage/store.h"

#include <boost/asio/thread_pool.hpp>

#include <map>
#include <string>
#include <vector>

namespace sightingd {

/// What can be done with the store alone, while nothing is polled (`--serve-store`): the watches,
/// their pauses, erasing. Everything that needs the running daemon fails with Unavailable,
/// `reason` "no-daemon".
class StoreOperations final : public Operations {
 public:
  /// `store` and `workers` must outlive it.
  StoreOperations(const Settings& settings, Store& store, boost::asio::thread_pool& workers);

  boost::asio::awaitable<Result<Status>> status() override;
  boost::asio::awaitable<Result<std::string>> metrics_text() override;
  std::optional<WatchKey> watch_key(std::string_view watch_name) const override;
  boost::asio::awaitable<Result<std::vector<WatchListing>>> watches() override;
  boost::asio::awaitable<Result<void>> set_paused(std::string watch_name, bool paused) override;
  boost::asio::awaitable<Result<CommitOutcome>> commit(Facts facts) override;
  boost::asio::awaitable<Result<void>> change_key(SecretKey key) override;
  std::optional<std::chrono::seconds> backups_kept() const override;
  boost::asio::awaitable<Result<ReloadReport>> reload(bool dry_run) override;

 private:
  Result<std::vector<WatchListing>> list_watches() const;

  Store& store_;
  boost::asio::thread_pool& workers_;
  const std::optional<std::chrono::seconds> backups_kept_;
  std::vector<WatchListing> watches_;
  std::map<std::string, WatchKey, std::less<>> keys_;
};

/// The watch as configured; `paused` is left false.
WatchListing listing_of(const WatchOptions& watch);

}  // namespace sightingd
