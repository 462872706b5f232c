#pragma once

#include "storage/database.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace sightingd {

/// The newest state that survives a crash, which is what readers see. Safe to use from any
/// thread.
class DurableMoment {
 public:
  /// `sequence`: the newest place in the feed, which is durable.
  DurableMoment(const Database& database, std::uint64_t sequence);

  Moment get() const;
  /// Everything that was written is durable now.
  void advance(std::uint64_t sequence);
  std::uint64_t sequence() const { return sequence_.load(std::memory_order_acquire); }
  /// Waits until no reader looks at an older state any more.
  void wait_for_older_readers();

 private:
  Moment hold();

  const Database& database_;
  mutable std::mutex mutex_;
  std::condition_variable released_;
  int held_ = 0;
  Moment newest_;
  std::atomic<std::uint64_t> sequence_;
};

}  // namespace sightingd
