#pragma once

#include "pipeline/image/metadata/orientation.h"
#include "pipeline/photo.h"

#include <string_view>

namespace sightingd {

/// The second opinion on a stripped file: reads it anew, sharing with the code that wrote it only
/// zlib's wrapper and the 26 bytes that say an orientation, and says whether each of its bytes
/// belongs to something that may stay - a listed piece of the picture, a well-formed colour
/// profile, the block that says `orientation`.
///
/// False for the least byte between, behind or beyond them. It does not decode.
bool holds_only_the_picture(ImageKind kind, std::string_view file, Orientation orientation);

}  // namespace sightingd
