#pragma once

#include "daemon/api/reports.h"
#include "daemon/api/status.h"
#include "pipeline/facts.h"
#include "pipeline/ids.h"
#include "pipeline/result.h"
#include "storage/sealing/secret_key.h"
#include "storage/store.h"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// What the control socket can ask of the running daemon, besides reading the store.
///
/// Called on the event loop. Every coroutine may be cancelled. One that cannot be answered
/// because nothing is being polled (`--serve-store`) fails with Unavailable and `reason`
/// "no-daemon".
class Operations {
 public:
  virtual ~Operations() = default;

  Operations(const Operations&) = delete;
  Operations& operator=(const Operations&) = delete;

  virtual boost::asio::awaitable<Result<Status>> status() = 0;
  /// The metrics in the Prometheus text format.
  virtual boost::asio::awaitable<Result<std::string>> metrics_text() = 0;

  /// Nothing when no watch has this configured name.
  virtual std::optional<WatchKey> watch_key(std::string_view watch_name) const = 0;
  /// In the order of the configuration.
  virtual boost::asio::awaitable<Result<std::vector<WatchListing>>> watches() = 0;
  /// Pauses or resumes a watch, durably. Doing it twice does no harm.
  /// Fails with Gone when no watch has this name.
  virtual boost::asio::awaitable<Result<void>> set_paused(std::string watch_name, bool paused) = 0;

  /// Commits what an operator has decided: what goes, what is refused, what is held.
  virtual boost::asio::awaitable<Result<CommitOutcome>> commit(Facts facts) = 0;

  /// Gives the store another key.
  /// Fails with Unavailable when the store is not encrypted, or still being encrypted anew.
  virtual boost::asio::awaitable<Result<void>> change_key(SecretKey key) = 0;

  /// How long backups can be opened; nothing: for ever.
  virtual std::optional<std::chrono::seconds> backups_kept() const = 0;

  /// Reads the configuration again. A configuration with mistakes is a report, not a failure.
  virtual boost::asio::awaitable<Result<ReloadReport>> reload(bool dry_run) = 0;

 protected:
  Operations() = default;
};

}  // namespace sightingd
