#pragma once

#include "pipeline/image/examine.h"
#include "tests/support/pictures.h"

#include <string>
#include <variant>

/// What the image stage makes of a file.
namespace sightingd::test {

/// Of a file that can be used.
inline ExaminedImage stored(const std::string& file) {
  return std::get<ExaminedImage>(examine(file, {}));
}

/// Of one that cannot.
inline RejectReason rejection(const std::string& file, const ImageLimits& limits = {}) {
  return std::get<RejectReason>(examine(file, limits));
}

/// The picture that is drawn where any will do.
inline const Picture& scene() {
  static const Picture picture = draw_scene(1);
  return picture;
}

inline PdqHash hash_of_scene() { return stored(encode_png(scene())).photo.pdq.hash; }

}  // namespace sightingd::test
