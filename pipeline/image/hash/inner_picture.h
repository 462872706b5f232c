#pragma once

#include "pipeline/image/hash/gray_picture.h"

#include <optional>

namespace sightingd {

/// What is inside the border of a picture: bars above and below, at the sides, or a frame, of any
/// colours, each line of which is all of one. Nothing if it has none, or if hardly anything is
/// inside.
///
/// Lines whose luma varies by less than 6 (standard deviation, of 0 to 255; compression leaves
/// some) are taken off from each side, at most 45 % of the side from each; from what is left
/// again, until nothing is. Measured on a picture that is reduced to at most 256 samples, and one
/// sample more inwards.
std::optional<GrayPicture> inner_picture(const GrayPicture& picture);

}  // namespace sightingd
