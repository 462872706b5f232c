#include "examiner/restart_pace.h"

#include <algorithm>

namespace sightingd {

RestartPace::Time RestartPace::book(Time now) {
  const Time restart = std::max(now, next_ - tolerance_);
  next_ = std::max(next_, now) + interval_;
  return restart;
}

}  // namespace sightingd
