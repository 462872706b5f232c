#pragma once

#include "pipeline/similarity/pdq_hash.h"

namespace sightingd {

/// A PDQ hash, and how far to trust it.
struct PdqFingerprint {
  PdqHash hash;
  int quality = 0;  ///< 0 to 100, as the reference computes it.
  /// False when the picture is flat or varies along one direction only (the largest
  /// coefficient is below 1): the bits are then rounding noise.
  bool is_stable = false;

  friend bool operator==(const PdqFingerprint&, const PdqFingerprint&) = default;
};

/// Below this quality a hash takes no part in matching (hashing reference of PDQ).
inline constexpr int kLeastMatchableQuality = 50;
/// Pictures at most this many bits apart are "the same picture": 0 false positives in 15.5 M pairs.
inline constexpr int kNearDistance = 31;

inline bool is_matchable(const PdqFingerprint& fingerprint) {
  return fingerprint.is_stable && fingerprint.quality >= kLeastMatchableQuality;
}

}  // namespace sightingd
