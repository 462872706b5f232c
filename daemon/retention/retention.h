#pragma once

#include "config/settings.h"
#include "daemon/api/status.h"
#include "daemon/ops/journal.h"
#include "pipeline/facts.h"
#include "pipeline/time.h"
#include "storage/store.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sightingd {

/// What retention works with; all of it outlives it.
struct RetentionParts {
  boost::asio::any_io_executor executor;
  Store& store;
  boost::asio::thread_pool& workers;
  const Clock& clock;
  Journal& journal;
  /// Why the wall clock cannot be relied on: a sentence; empty when it can.
  std::function<std::string()> clock_doubt;
  std::function<void(const Error&)> on_storage_failure;
};

/// Erases sightings that are older than they may be, forgets tombstones, and destroys the keys of
/// backups whose time is over. One strand.
///
/// Nothing goes while the clock is in doubt, which is asked right before each commit, nor when
/// more would go at once than may go unconfirmed (erased_unconfirmed): an operator's erasure by age
/// confirms it.
///
/// Sightings stand in the order of arrival, so that a sweep looks at what it finds only. What a
/// wrong clock has put out of order is found once a day, and at the start, when all are looked at.
class Retention {
 public:
  Retention(RetentionParts parts, const RetentionOptions& options);

  /// From the next sweep on.
  void set(const RetentionOptions& options);

  /// Sweeps every few seconds, until it is cancelled.
  boost::asio::awaitable<void> run();
  /// Erases and forgets all that is due at this moment.
  boost::asio::awaitable<void> sweep();

  RetentionStatus status() const;

 private:
  boost::asio::awaitable<void> expire_backups();
  boost::asio::awaitable<bool> erase_aged();
  boost::asio::awaitable<bool> erase(std::vector<SightingId> due, TimePoint first_seen_before);
  boost::asio::awaitable<bool> note_age(TimePoint first_seen_before, TimePoint now);
  boost::asio::awaitable<void> forget_tombstones();
  boost::asio::awaitable<std::optional<std::vector<SightingId>>> due(TimePoint first_seen_before,
                                                                     TimePoint now,
                                                                     std::size_t most);
  boost::asio::awaitable<std::optional<std::vector<SightingId>>> look(TimePoint first_seen_before,
                                                                      TimePoint now,
                                                                      std::size_t most);
  boost::asio::awaitable<std::optional<std::vector<SightingId>>> look_at_all(
      TimePoint first_seen_before, TimePoint now, std::size_t most);
  void tell(std::uint64_t erased);
  boost::asio::awaitable<std::optional<CommitOutcome>> commit(Facts facts);
  bool stops(std::string reason);
  void fail(const Error& error);

  const RetentionParts parts_;
  RetentionOptions options_;
  std::optional<TimePoint> oldest_;  ///< When the oldest was first seen that is not held.
  std::optional<Day> all_looked_at_on_;
  std::string backup_failure_;       ///< Why no key of a backup could be destroyed.
  std::string stopped_;              ///< Why it erases nothing; empty when it does.
  std::optional<Day> age_noted_on_;  ///< When the erasure ledger was last told the age.
  std::optional<Day> day_begun_;     ///< All tombstones due on this day are forgotten.
};

}  // namespace sightingd
