#include "daemon/ingest/free_space.h"

#include <sys/statvfs.h>

namespace sightingd {
namespace {

constexpr std::chrono::seconds kAskEvery{1};

}  // namespace

std::string FreeSpace::complaint(std::chrono::steady_clock::time_point now) const {
  if (store_.is_full()) {
    return "the disk of the store is full: make space, and it goes on by itself";
  }
  if (now - asked_at_ >= kAskEvery) {
    asked_at_ = now;
    struct statvfs disk {};
    // What cannot be asked is found out by writing.
    is_low_ = ::statvfs(path_.c_str(), &disk) == 0 &&
              static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize < keep_free_;
  }
  return is_low_
             ? "less is free on the disk of the store than store.keep_free: nothing is taken in "
               "until there is space"
             : "";
}

}  // namespace sightingd
