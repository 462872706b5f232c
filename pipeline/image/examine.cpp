#include "pipeline/image/examine.h"

#include "pipeline/image/format/gif/gif_file.h"
#include "pipeline/image/format/heif/heif_file.h"
#include "pipeline/image/format/jpeg/jpeg_file.h"
#include "pipeline/image/format/kind.h"
#include "pipeline/image/format/limits.h"
#include "pipeline/image/format/png/png_file.h"
#include "pipeline/image/format/tiff/tiff_file.h"
#include "pipeline/image/format/webp/webp_file.h"
#include "pipeline/image/hash/fingerprints.h"
#include "pipeline/image/metadata/facts.h"
#include "pipeline/image/pixels/decode.h"
#include "pipeline/image/verify/verify.h"

#include <utility>

namespace sightingd {
namespace {

using Decode = OrReject<GrayPicture> (*)(std::string_view file, std::uint32_t width,
                                         std::uint32_t height);

void describe_pixels(ExaminedImage& image, const GrayPicture& picture, Orientation orientation) {
  Fingerprints fingerprints = fingerprints_of(picture, orientation);
  image.photo.pdq = fingerprints.whole;
  image.photo.inner_pdq = fingerprints.inner;
  image.forms = std::move(fingerprints.forms);
  if (swaps_sides(orientation)) {
    std::swap(image.photo.width, image.photo.height);
  }
}

void describe_origin(Photo& photo, MetadataFacts facts, const Carriers& carriers) {
  photo.location = std::move(facts.location);
  photo.captured_at = std::move(facts.captured_at);
  if (carriers.has_c2pa) {
    photo.provenance = "c2pa";
  }
}

// `File`: JpegFile and its like. What is decoded is what will be kept, so what is kept can be
// decoded, and no decoder sees a byte of metadata.
template <typename File>
Examination examine_as(ImageKind kind, Decode decode, std::string_view bytes,
                       const ImageLimits& limits) {
  const auto file = File::parse(bytes, limits);
  if (!file) {
    return file.error();
  }
  MetadataFacts facts = read_metadata(file->carriers());
  const Orientation orientation = facts.orientation.value_or(Orientation::Upright);
  ExaminedImage image;
  image.stripped = file->stripped(orientation);
  if (!holds_only_the_picture(kind, image.stripped, orientation)) {
    return RejectReason::Unstrippable;
  }
  const auto picture = decode(image.stripped, file->width(), file->height());
  if (!picture) {
    return picture.error();
  }
  image.photo.kind = kind;
  image.photo.bytes = image.stripped.size();
  image.photo.width = file->width();
  image.photo.height = file->height();
  describe_origin(image.photo, std::move(facts), file->carriers());
  describe_pixels(image, *picture, orientation);
  return image;
}

// HEIF says itself how its picture is turned, whatever EXIF says, and its decoder obeys.
Examination examine_heif(std::string_view bytes, const ImageLimits& limits) {
  const auto file = HeifFile::parse(bytes, limits);
  if (!file) {
    return file.error();
  }
  ExaminedImage image;
  image.stripped = file->stripped();
  if (!holds_only_the_picture(file->kind(), image.stripped, Orientation::Upright)) {
    return RejectReason::Unstrippable;
  }
  const auto picture = decode_heif(image.stripped);
  if (!picture) {
    return picture.error();
  }
  if (const auto reason = oversized(picture->width, picture->height, limits)) {
    return *reason;
  }
  image.photo.kind = file->kind();
  image.photo.bytes = image.stripped.size();
  image.photo.width = picture->width;
  image.photo.height = picture->height;
  describe_origin(image.photo, read_metadata(file->carriers()), file->carriers());
  describe_pixels(image, picture->gray, Orientation::Upright);
  return image;
}

Examination examine_kind(ImageKind kind, std::string_view bytes, const ImageLimits& limits) {
  switch (kind) {
    case ImageKind::Jpeg:
      return examine_as<JpegFile>(kind, decode_jpeg, bytes, limits);
    case ImageKind::Png:
      return examine_as<PngFile>(kind, decode_png, bytes, limits);
    case ImageKind::WebP:
      return examine_as<WebpFile>(kind, decode_webp, bytes, limits);
    case ImageKind::Gif:
      return examine_as<GifFile>(kind, decode_gif, bytes, limits);
    case ImageKind::Heic:
    case ImageKind::Avif:
      return examine_heif(bytes, limits);
    case ImageKind::Tiff:
      return examine_as<TiffFile>(kind, decode_tiff, bytes, limits);
  }
  return RejectReason::UnknownFormat;
}

}  // namespace

Examination examine(std::string_view bytes, const ImageLimits& limits) {
  const auto kind = recognise(bytes);
  if (const auto* known = std::get_if<ImageKind>(&kind)) {
    return examine_kind(*known, bytes, limits);
  }
  if (const auto* reason = std::get_if<RejectReason>(&kind)) {
    return *reason;
  }
  return NotAnImage{};
}

}  // namespace sightingd
