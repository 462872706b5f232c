#pragma once

#include "pipeline/image/metadata/orientation.h"

#include <string_view>

/// One verifier a kind, each as holds_only_the_picture() says.
namespace sightingd::verify {

bool is_bare_jpeg(std::string_view file, Orientation orientation);
bool is_bare_png(std::string_view file, Orientation orientation);
bool is_bare_webp(std::string_view file, Orientation orientation);
/// Has no place for an orientation.
bool is_bare_gif(std::string_view file);
/// HEIC and AVIF; how it is turned is a property of the picture.
bool is_bare_heif(std::string_view file);
/// `orientation` is that of the first page.
bool is_bare_tiff(std::string_view file, Orientation orientation);

}  // namespace sightingd::verify
