#pragma once

#include "pipeline/image/format/tiff/tiff_directory.h"
#include "pipeline/image/metadata/carriers.h"

#include <string_view>

namespace sightingd {

/// Adds what a directory carries beside its picture: EXIF, XMP, IPTC and Photoshop's resources, and
/// whether there is a C2PA manifest (C2PA 2.1, A.3.7).
///
/// A TIFF file is an EXIF block itself, of any size and with its directories anywhere: what may be
/// worth reading of it, the orientation and all short values of its EXIF and GPS directories, is
/// put together as a small block.
void add_tiff_carriers(Carriers& carriers, std::string_view file, const TiffDirectory& directory);

}  // namespace sightingd
