#pragma once

#include "pipeline/image/format/inflate.h"
#include "pipeline/image/metadata/carriers.h"

#include <string_view>

namespace sightingd {

/// Reads metadata that PNG files carry as text: XMP in iTXt, and the "raw profiles" (hex
/// digits) that ImageMagick and older exiftool write into tEXt and zTXt. Nothing is inflated but
/// what has one of their keywords, and that within `allowance`.
void read_png_text(std::string_view type, std::string_view content, InflateAllowance& allowance,
                   Carriers& carriers);

}  // namespace sightingd
