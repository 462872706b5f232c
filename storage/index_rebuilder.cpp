#include "storage/index_rebuilder.h"

#include <mutex>
#include <utility>

namespace sightingd {

void IndexRebuilder::start_when_due() {
  std::unique_lock lock(mutex_);
  if (!index_.rebuild_is_due()) {
    return;
  }
  HashIndex::Rebuild rebuild = index_.begin_rebuild();
  lock.unlock();
  // The thread before has put its layout in place, else none would be due.
  thread_ = std::jthread([this, rebuild = std::move(rebuild)] {
    HashIndex::Layout layout = rebuild.run();
    // What it replaces is freed when `layout` goes, behind the lock.
    const std::unique_lock change(mutex_);
    index_.finish_rebuild(layout);
  });
}

}  // namespace sightingd
