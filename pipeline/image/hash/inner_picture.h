#pragma once

#include "pipeline/image/hash/gray_picture.h"

#include <optional>

namespace sightingd {

/// What is inside the border of a picture: bars above and below, at the sides, or a frame, of any
/// colours, each line of which is all of one. Nothing if it has none, or if hardly anything is
/// inside.
///
/// A line is of one colour when its luma varies by less than 6 (standard deviation, of 0 to 255;
/// compression leaves some). Those at a side that are as the outermost one are its border, if they
/// end in the outer 45 % and at an edge: a sky that goes over into the picture is none. Of what is
/// left, only bars of one colour on opposite sides are another border. One line more is taken off.
std::optional<GrayPicture> inner_picture(const GrayPicture& picture);

}  // namespace sightingd
