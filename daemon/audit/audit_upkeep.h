#pragma once

#include "daemon/ops/journal.h"
#include "pipeline/time.h"
#include "storage/audit/audit_log.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace sightingd {

/// What the audit log needs besides entries, for as long as the daemon runs: its head in the
/// journal, which another service keeps, and an end to entries that are too old.
class AuditUpkeep {
 public:
  struct Parts {
    boost::asio::any_io_executor executor;
    AuditLog& log;
    boost::asio::thread_pool& workers;
    const Clock& clock;
    Journal& journal;
    std::optional<std::chrono::seconds> retention;  ///< Nothing: entries stay.
  };
  /// Everything in `parts` must outlive it.
  explicit AuditUpkeep(Parts parts) : parts_(std::move(parts)) {}

  /// Notes that the log was found broken, if it was, and says so; then the start.
  boost::asio::awaitable<Result<void>> begin(std::vector<std::string> details);
  /// Runs until it is cancelled.
  boost::asio::awaitable<void> run();
  /// Notes the stop.
  boost::asio::awaitable<void> end();

  /// Cuts what is too old at this moment.
  boost::asio::awaitable<void> cut();
  /// Says how far the log reaches, unless it said so before.
  void tell_head();

 private:
  const Parts parts_;
  std::uint64_t told_ = 0;
};

}  // namespace sightingd
