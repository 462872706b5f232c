#pragma once

#include "pipeline/image/examine.h"
#include "pipeline/image/format/heif/heif_picture.h"
#include "pipeline/image/metadata/carriers.h"
#include "pipeline/image/or_reject.h"

#include <string>
#include <string_view>

namespace sightingd {

/// A HEIF or AVIF file (ISO/IEC 23008-12; AV1 Image File Format) taken apart: the items that its
/// picture needs, and what else is worth reading. The bytes given to parse() must outlive it.
/// The sides of the picture come from its decoder: those that the file tells are before its turn,
/// and with some writers after it.
class HeifFile {
 public:
  /// Fails with Malformed without a picture and for one that is turned or cropped twice; with
  /// UnsupportedVariant for one that is not coded as HEVC or AV1, alone or in a grid, or that needs
  /// a property which is not known here; with TooManyPixels.
  static OrReject<HeifFile> parse(std::string_view bytes, const ImageLimits& limits);

  ImageKind kind() const { return picture_.is_av1 ? ImageKind::Avif : ImageKind::Heic; }
  const Carriers& carriers() const { return carriers_; }

  /// A file with the same compressed pictures that are shown, their transparency, colours, crop and
  /// turn, and nothing else: no thumbnail, depth or gain map, no sequence.
  std::string stripped() const { return write_heif(picture_); }

 private:
  friend class HeifWalk;
  HeifFile() = default;

  HeifPicture picture_;
  Carriers carriers_;
};

}  // namespace sightingd
