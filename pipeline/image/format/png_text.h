#pragma once

#include "pipeline/image/metadata/carriers.h"

#include <string_view>

namespace sightingd {

/// Reads metadata that PNG files carry as text: XMP in iTXt, and the "raw profiles" (hex
/// digits) that ImageMagick and older exiftool write into tEXt and zTXt.
void read_png_text(std::string_view type, std::string_view content, Carriers& carriers);

}  // namespace sightingd
