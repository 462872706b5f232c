#pragma once

#include "daemon/http/message.h"
#include "pipeline/result.h"
#include "pipeline/time.h"
#include "storage/audit/audit_log.h"
#include "storage/store.h"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace sightingd {

/// Audits what one reader of the feed is given: one entry for the first part, before it is given,
/// so that no reader is unknown; then one for each stretch of kMostEvents events or kLongest, and
/// one for the rest at the end.
class FeedAudit {
 public:
  static constexpr std::uint64_t kMostEvents = 10'000;
  static constexpr std::chrono::minutes kLongest{5};

  /// Both must outlive it.
  FeedAudit(AuditLog& log, const Clock& clock, const std::optional<Peer>& peer);
  /// Notes the rest.
  ~FeedAudit();
  FeedAudit(const FeedAudit&) = delete;
  FeedAudit& operator=(const FeedAudit&) = delete;

  /// These events are about to be given. Call it before settle().
  void add(const FeedCursor& first, const FeedCursor& last, std::uint64_t count);
  /// Notes what is due; returns when it is durable.
  boost::asio::awaitable<Result<void>> settle();
  /// Notes the rest; returns when it is durable.
  boost::asio::awaitable<Result<void>> finish();

 private:
  bool is_due() const;
  AuditEvent take();

  AuditLog& log_;
  const Clock& clock_;
  AuditEvent stretch_;
  TimePoint noted_at_;
  bool is_known_ = false;  ///< That somebody reads.
};

}  // namespace sightingd
