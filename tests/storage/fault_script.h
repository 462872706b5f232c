#pragma once

#include "tests/storage/campaign.h"

#include <cstddef>
#include <string>
#include <utility>

namespace sightingd::test {

/// What the program commits whose disk fails: pages with photos, retries, re-checks and erasures,
/// the same at every run.
class FaultScript {
 public:
  static constexpr std::size_t kFacts = 11;
  /// After so many the store is closed and opened again.
  static constexpr std::size_t kReopensAfter = 5;

  Facts next() {
    ++number_;
    if (number_ == 4) {
      PageFacts facts = page({with(post("own"), photo("own photo", 100))});
      facts.progress = "own";
      return facts;
    }
    if (number_ == 5) {
      return EraseSightings{.sightings = {id_of("own")}, .refuses = true, .at = kNoon};
    }
    return campaign_.next();
  }

 private:
  Campaign campaign_{31};
  int number_ = 0;
};

}  // namespace sightingd::test
