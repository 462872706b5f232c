// The closed sets of names that the vocabulary shows outside.
#include "pipeline/facts.h"
#include "pipeline/photo.h"
#include "pipeline/sighting.h"

namespace sightingd {

std::string_view to_text(LocationOrigin origin) {
  switch (origin) {
    case LocationOrigin::Exif:
      return "exif";
    case LocationOrigin::Xmp:
      return "xmp";
    case LocationOrigin::Iptc:
      return "iptc";
    case LocationOrigin::Post:
      return "post";
  }
  return "unknown";
}

std::string_view mime_type(ImageKind kind) {
  switch (kind) {
    case ImageKind::Jpeg:
      return "image/jpeg";
    case ImageKind::Png:
      return "image/png";
    case ImageKind::WebP:
      return "image/webp";
    case ImageKind::Gif:
      return "image/gif";
    case ImageKind::Heic:
      return "image/heic";
    case ImageKind::Avif:
      return "image/avif";
    case ImageKind::Tiff:
      return "image/tiff";
  }
  return "application/octet-stream";
}

std::string_view to_text(RejectReason reason) {
  switch (reason) {
    case RejectReason::UnknownFormat:
      return "unknown_format";
    case RejectReason::UnsupportedVariant:
      return "unsupported_variant";
    case RejectReason::Malformed:
      return "malformed";
    case RejectReason::TooManyPixels:
      return "too_many_pixels";
    case RejectReason::TooManyFrames:
      return "too_many_frames";
    case RejectReason::Unstrippable:
      return "unstrippable";
    case RejectReason::Crashed:
      return "crashed";
    case RejectReason::Timeout:
      return "timeout";
    case RejectReason::Bomb:
      return "bomb";
    case RejectReason::TooLarge:
      return "too_large";
  }
  return "unknown";
}

std::string_view to_text(ImageStatus status) {
  switch (status) {
    case ImageStatus::Stored:
      return "stored";
    case ImageStatus::Pending:
      return "pending";
    case ImageStatus::Unavailable:
      return "unavailable";
    case ImageStatus::Rejected:
      return "rejected";
    case ImageStatus::Refused:
      return "refused";
  }
  return "unknown";
}

std::string_view to_text(EraseReason reason) {
  switch (reason) {
    case EraseReason::Retention:
      return "retention";
    case EraseReason::UpstreamDeleted:
      return "upstream_deleted";
    case EraseReason::Operator:
      return "operator";
  }
  return "unknown";
}

std::string_view to_text(SkipReason reason) {
  switch (reason) {
    case SkipReason::NoMedia:
      return "no_media";
    case SkipReason::Consent:
      return "consent";
    case SkipReason::Flood:
      return "flood";
    case SkipReason::Malformed:
      return "malformed";
    case SkipReason::Boost:
      return "boost";
    case SkipReason::NotPublic:
      return "not_public";
    case SkipReason::Erased:
      return "erased";
    case SkipReason::Refused:
      return "refused";
  }
  return "unknown";
}

}  // namespace sightingd
