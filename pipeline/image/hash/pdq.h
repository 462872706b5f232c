#pragma once

#include "pipeline/image/hash/gray_picture.h"
#include "pipeline/image/metadata/orientation.h"
#include "pipeline/similarity/pdq_hash.h"

namespace sightingd {

/// A fingerprint, and how far to trust it.
struct PdqFingerprint {
  PdqHash hash;
  int quality = 0;  ///< 0 to 100, as the reference computes it.
  /// False when the picture is flat or varies along one direction only (the largest
  /// coefficient is below 1): the bits are then rounding noise.
  bool is_stable = false;

  friend bool operator==(const PdqFingerprint&, const PdqFingerprint&) = default;
};

/// Fingerprints the upright picture with a filter of fixed relative width: the same picture
/// at another size or reduced while decoding keeps its hash to a few bits.
///
/// PDQ (Meta, ThreatExchange) samples with windows of ceil(side / 128) pixels, which fit a
/// side of 512 best; here the window for 512 is used at every size.
PdqFingerprint pdq_fingerprint(const GrayPicture& stored, Orientation orientation);

/// PDQ bit for bit as the C++ reference computes it from a luma buffer (facebook/
/// ThreatExchange commit baefb4e), without its resizing of files.
PdqFingerprint pdq_reference(const GrayPicture& picture);

}  // namespace sightingd
