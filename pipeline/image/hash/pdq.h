#pragma once

#include "pipeline/image/hash/gray_picture.h"
#include "pipeline/image/hash/kernels.h"
#include "pipeline/image/metadata/orientation.h"
#include "pipeline/similarity/likeness.h"
#include "pipeline/similarity/pdq_fingerprint.h"

#include <array>

namespace sightingd {

/// Fingerprints of the upright picture with a filter of fixed relative width: the same picture
/// at another size or reduced while decoding keeps its hash to a few bits.
///
/// PDQ (Meta, ThreatExchange) samples with windows of ceil(side / 128) pixels, which fit a
/// side of 512 best; here the window for 512 is used at every size.
struct TurnedFingerprints {
  PdqFingerprint upright;
  /// The hash of the upright picture with that turn undone: what the picture was whose mirrored
  /// or turned copy this is. `turned[Turn::None]` is `upright.hash`. The windows stand off
  /// centre, so each is sampled from mirrored ones; changing signs in the hash (as in the
  /// reference's "dihedral" hashes) would cost some 20 bits.
  std::array<PdqHash, kTurns.size()> turned;
};
TurnedFingerprints turned_fingerprints(const GrayPicture& stored, Orientation orientation);

/// PDQ bit for bit as the C++ reference computes it from a luma buffer (facebook/
/// ThreatExchange commit baefb4e), without its resizing of files.
PdqFingerprint pdq_reference(const GrayPicture& picture,
                             InstructionSet set = instruction_sets().back());

}  // namespace sightingd
