#pragma once

#include "pipeline/digest.h"
#include "pipeline/ids.h"
#include "pipeline/similarity/likeness.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace sightingd {

/// Where a location was read.
enum class LocationOrigin : std::uint8_t { Exif = 1, Xmp = 2, Iptc = 3, Post = 4 };
std::string_view to_text(LocationOrigin origin);

/// A location in the datum it was written in, kept beside the converted one.
struct RawLocation {
  std::string datum;
  double latitude = 0;
  double longitude = 0;

  friend bool operator==(const RawLocation&, const RawLocation&) = default;
};

/// A place on earth: coordinates or, only where there are none, a name.
struct Location {
  double latitude = 0;   ///< Degrees, -90 to 90. 0 where there are no coordinates.
  double longitude = 0;  ///< -180 to 180. 0 where there are no coordinates.
  std::optional<double> accuracy_m = {};
  std::optional<double> altitude_m = {};  ///< Above sea level; negative below.
  LocationOrigin origin = LocationOrigin::Exif;
  /// As written, in a datum that is not WGS-84. The coordinates above are converted to it where
  /// `datum_named` knows the datum, else they are these.
  std::optional<RawLocation> raw = {};
  /// As a caption writes it (is_place_name). Of the other members only `origin` has a meaning then.
  std::optional<std::string> place = {};

  bool has_coordinates() const { return !place; }

  friend bool operator==(const Location&, const Location&) = default;
};

/// The container a picture came in and is stored in, decided by its content alone.
enum class ImageKind : std::uint8_t {
  Jpeg = 1,
  Png = 2,
  WebP = 3,
  Gif = 4,
  Heic = 5,
  Avif = 6,
  Tiff = 7
};
std::string_view mime_type(ImageKind kind);

/// Why a picture that arrived whole cannot be used. Closed set: metric label and feed field. The
/// numbers are those of the store.
enum class RejectReason : std::uint8_t {
  UnknownFormat = 10,      ///< An image by its magic number, of a format that is not read.
  UnsupportedVariant = 1,  ///< Of a format that is read, in a shape that is not.
  Malformed = 2,           ///< Its structure or pixel data cannot be read.
  TooLarge = 9,            ///< More bytes than `[media] max_bytes`.
  TooManyPixels = 3,       ///< More than `[media] max_pixels`.
  TooManyFrames = 4,
  Bomb = 8,  ///< It takes more memory than `[examiner] memory`.
  Timeout = 7,
  Crashed = 6,       ///< The examiner died on it.
  Unstrippable = 5,  ///< It cannot be rewritten without what must go.
};
std::string_view to_text(RejectReason reason);

/// What is known of one picture. Everything but its bytes.
struct Photo {
  PhotoId id;  ///< photo_id(received_sha256).
  Sha256 received_sha256;
  Sha256 stored_sha256;  ///< Of the stripped bytes.
  ImageKind kind = ImageKind::Jpeg;
  std::uint64_t bytes = 0;  ///< Size of the stripped bytes.
  std::uint32_t width = 0;  ///< Pixels, upright (after orientation).
  std::uint32_t height = 0;
  PdqFingerprint pdq;                       ///< Of the upright picture, alpha over white.
  std::optional<PdqFingerprint> inner_pdq;  ///< Of what is inside its border, if it has one.
  std::optional<Location> location;
  /// RFC 3339 local time, with offset only where the camera wrote one.
  std::optional<std::string> captured_at;
  std::optional<std::string> provenance;

  friend bool operator==(const Photo&, const Photo&) = default;
};

/// The hashes that it is found by: of flat pictures none.
inline PdqPair matchable_hashes(const Photo& photo) {
  PdqPair hashes;
  if (is_matchable(photo.pdq)) {
    hashes.whole = photo.pdq.hash;
  }
  if (photo.inner_pdq && is_matchable(*photo.inner_pdq)) {
    hashes.inner = photo.inner_pdq->hash;
  }
  return hashes;
}

/// A picture that went through the image stage: what is known of it, what it is looked up by, and
/// the bytes to keep.
struct ExaminedImage {
  Photo photo;
  PdqForms forms;
  std::string stripped;

  friend bool operator==(const ExaminedImage&, const ExaminedImage&) = default;
};

/// The bytes are not an image by their magic number: the fetch failed, try it again later.
struct NotAnImage {
  friend bool operator==(const NotAnImage&, const NotAnImage&) = default;
};

/// What examining a file's bytes came to. A RejectReason: an image that cannot be used.
using Examination = std::variant<ExaminedImage, RejectReason, NotAnImage>;

}  // namespace sightingd
