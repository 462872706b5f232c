#pragma once

#include "pipeline/image/metadata/carriers.h"
#include "pipeline/image/metadata/orientation.h"
#include "pipeline/photo.h"

#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// What metadata says about a picture, as far as anybody here wants to know it.
struct MetadataFacts {
  std::optional<Orientation> orientation;
  std::optional<Location> location;
  std::optional<std::string> captured_at;  ///< See capture_time().

  friend bool operator==(const MetadataFacts&, const MetadataFacts&) = default;
};

/// Reads an EXIF block (CIPA DC-008, TIFF structure in either byte order) with libexif.
/// Whatever is damaged, contradictory or out of range counts as not written.
MetadataFacts read_exif(std::string_view block);

/// Reads the exif, xmp and photoshop properties of an XMP packet (ISO 16684-1) with libxml2:
/// no entities, no DTD, no network, UTF-8 only. What stands before damaged XML is taken, and
/// before what would cost too much (affordable_part). It never says an
/// orientation: viewers obey EXIF only.
MetadataFacts read_xmp(std::string_view packet);

/// The first of each that is found: in EXIF, then in XMP. The orientation is that of the
/// first EXIF block, which is the one that viewers read.
MetadataFacts read_metadata(const Carriers& carriers);

/// A place for whole coordinates that are on earth; nothing for others, nor for (0, 0), which
/// devices write that do not know.
std::optional<Location> location_at(double latitude, double longitude, LocationOrigin origin);

/// Metres that a receiver can mean; nothing for others.
std::optional<double> plausible_altitude(double metres);
std::optional<double> plausible_accuracy(double metres);

}  // namespace sightingd
