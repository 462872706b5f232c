#include "pipeline/image/hash/fingerprints.h"

#include "pipeline/image/hash/inner_picture.h"
#include "pipeline/image/hash/pdq.h"

namespace sightingd {
namespace {

PdqFingerprint take(const TurnedFingerprints& from, bool is_inner, PdqForms& forms) {
  if (is_matchable(from.upright)) {
    for (const Turn turn : kTurns) {
      forms.push_back({from.turned[static_cast<std::size_t>(turn)], turn, is_inner});
    }
  }
  return from.upright;
}

}  // namespace

Fingerprints fingerprints_of(const GrayPicture& stored, Orientation orientation) {
  Fingerprints fingerprints;
  fingerprints.whole = take(turned_fingerprints(stored, orientation), false, fingerprints.forms);
  if (const auto inside = inner_picture(stored)) {
    fingerprints.inner = take(turned_fingerprints(*inside, orientation), true, fingerprints.forms);
  }
  return fingerprints;
}

}  // namespace sightingd
