#pragma once

#include "pipeline/photo.h"

#include <string_view>
#include <variant>

namespace sightingd {

/// What the first bytes of a file say it is. UnknownFormat: an image of another kind.
/// HEIF files are Heic, or Avif by their brands; what their picture is coded as says HeifFile.
/// Tiff are BigTIFF and cameras' raw files too, which TiffFile tells apart.
/// Pages that contain or draw pictures (HTML, SVG, PDF), archives and films are NotAnImage: servers
/// send the first of them where a picture is missing, and so it is asked for again.
/// Neither the file's name nor what a server called it has a say.
std::variant<ImageKind, RejectReason, NotAnImage> recognise(std::string_view bytes);

}  // namespace sightingd
