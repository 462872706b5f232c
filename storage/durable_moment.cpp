#include "storage/durable_moment.h"

#include <utility>

namespace sightingd {

DurableMoment::DurableMoment(const Database& database, std::uint64_t sequence)
    : database_(database), sequence_(sequence) {
  newest_ = hold();
}

Moment DurableMoment::get() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

void DurableMoment::advance(std::uint64_t sequence) {
  Moment next = hold();
  // First: whoever reads an event must find its cursor known.
  sequence_.store(sequence, std::memory_order_release);
  const std::lock_guard lock(mutex_);
  next.swap(newest_);
}

void DurableMoment::wait_for_older_readers() {
  std::unique_lock lock(mutex_);
  released_.wait(lock, [this] { return held_ == 1; });
}

Moment DurableMoment::hold() {
  Moment moment = database_.moment();
  const rocksdb::Snapshot* const snapshot = moment.get();
  {
    const std::lock_guard lock(mutex_);
    ++held_;
  }
  return {snapshot, [this, held = std::move(moment)](const rocksdb::Snapshot*) mutable {
            held.reset();
            // Under the lock: the waiter may destroy this object as soon as it sees the count.
            const std::lock_guard lock(mutex_);
            --held_;
            released_.notify_all();
          }};
}

}  // namespace sightingd
