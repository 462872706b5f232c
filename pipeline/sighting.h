#pragma once

#include "pipeline/ids.h"
#include "pipeline/photo.h"
#include "pipeline/post.h"
#include "pipeline/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// What became of one picture of a post.
enum class ImageStatus : std::uint8_t {
  Stored = 1,
  Pending = 2,      ///< Not fetched yet; a durable retry is due.
  Unavailable = 3,  ///< Given up.
  Rejected = 4,     ///< Arrived whole and cannot be used: `reject_reason` says why.
  Refused = 5,      ///< Erased earlier; nothing of it is kept.
};
std::string_view to_text(ImageStatus status);

/// One picture of a stored sighting. Facts of the picture itself are with the photo.
struct SightingImage {
  int index = 0;
  ImageStatus status = ImageStatus::Pending;
  std::optional<RejectReason> reject_reason;
  std::optional<PhotoId> photo;  ///< With Stored only.
  std::optional<std::string> alt;

  friend bool operator==(const SightingImage&, const SightingImage&) = default;
};

/// One post that was kept, as it stands in the store.
struct Sighting {
  SightingId id;
  TimePoint first_seen_at;
  std::string source;                ///< Configured name of the source that brought it first.
  std::string network;               ///< "mastodon", ...
  std::vector<std::string> watches;  ///< Configured names, in the order they brought it.
  /// Without its images, which are below; `post.position` belongs to `source`.
  Post post;
  std::vector<SightingImage> images;
  std::uint64_t version = 0;  ///< 1 for the first event, one more for each that follows.
  /// Set while its deletion upstream is suspected: hidden from every reader.
  std::optional<TimePoint> suspected_gone_at;

  friend bool operator==(const Sighting&, const Sighting&) = default;
};

/// How a picture relates to one that was stored earlier. Derived when read, never stored whole.
struct DuplicateLink {
  PhotoId of;
  bool exact = false;
  Likeness likeness;          ///< Nothing but 0 bits when exact.
  SightingId first_sighting;  ///< The oldest living sighting that shows `of`.

  friend bool operator==(const DuplicateLink&, const DuplicateLink&) = default;
};

/// A picture as readers see it.
struct SightingImageView {
  SightingImage image;
  std::optional<Photo> photo;  ///< With Stored only.
  std::optional<DuplicateLink> duplicate;
};

/// A sighting as readers see it: rendered from the present state of the store.
struct SightingView {
  Sighting sighting;
  std::vector<SightingImageView> images;
};

/// Why a sighting is no longer there.
enum class EraseReason : std::uint8_t { Retention = 1, UpstreamDeleted = 2, Operator = 3 };
std::string_view to_text(EraseReason reason);

}  // namespace sightingd
