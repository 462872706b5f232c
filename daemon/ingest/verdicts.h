#pragma once

#include "connectors/connector.h"
#include "pipeline/facts.h"

#include <vector>

namespace sightingd {

/// What a source said of the posts that it was asked about, in order. Unknown is no verdict.
inline std::vector<RecheckFacts::Verdict> verdicts(const std::vector<SightingId>& asked,
                                                   const std::vector<Presence>& presence) {
  std::vector<RecheckFacts::Verdict> all;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (presence[i] != Presence::Unknown) {
      all.push_back({asked[i], presence[i] == Presence::Gone});
    }
  }
  return all;
}

}  // namespace sightingd
