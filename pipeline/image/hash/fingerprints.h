#pragma once

#include "pipeline/image/hash/gray_picture.h"
#include "pipeline/image/metadata/orientation.h"
#include "pipeline/similarity/likeness.h"

#include <optional>

namespace sightingd {

/// What a picture is found by, and what it is looked up by.
struct Fingerprints {
  PdqFingerprint whole;
  std::optional<PdqFingerprint> inner;  ///< Of what is inside its border, if it has one.
  PdqForms forms;
};

/// Of the upright picture.
Fingerprints fingerprints_of(const GrayPicture& stored, Orientation orientation);

}  // namespace sightingd
