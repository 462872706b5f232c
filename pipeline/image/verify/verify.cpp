#include "pipeline/image/verify/verify.h"

#include "pipeline/image/verify/verifiers.h"

namespace sightingd {

bool holds_only_the_picture(ImageKind kind, std::string_view file, Orientation orientation) {
  switch (kind) {
    case ImageKind::Jpeg:
      return verify::is_bare_jpeg(file, orientation);
    case ImageKind::Png:
      return verify::is_bare_png(file, orientation);
    case ImageKind::WebP:
      return verify::is_bare_webp(file, orientation);
    case ImageKind::Gif:
      return verify::is_bare_gif(file);
    case ImageKind::Heic:
    case ImageKind::Avif:
      return verify::is_bare_heif(file);
    case ImageKind::Tiff:
      return verify::is_bare_tiff(file, orientation);
  }
  return false;
}

}  // namespace sightingd
