#pragma once

#include "pipeline/similarity/hash_index.h"

#include <shared_mutex>
#include <thread>

namespace sightingd {

/// Rebuilds an index on a thread of its own, so that neither who changes it nor who searches it
/// waits for more than the beginning and the end, some milliseconds.
class IndexRebuilder {
 public:
  /// Both must outlive this; `mutex` guards `index`.
  IndexRebuilder(HashIndex& index, std::shared_mutex& mutex) : index_(index), mutex_(mutex) {}
  /// Waits for a rebuild that is under way.
  ~IndexRebuilder() = default;
  IndexRebuilder(const IndexRebuilder&) = delete;
  IndexRebuilder& operator=(const IndexRebuilder&) = delete;

  /// To be called after changes, by one thread at a time, which does not hold the mutex.
  void start_when_due();

 private:
  HashIndex& index_;
  std::shared_mutex& mutex_;
  std::jthread thread_;
};

}  // namespace sightingd
