#pragma once

#include "pipeline/geo/datum.h"
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
  std::optional<std::string> fixed_at;     ///< The same of the position, by satellite, in UTC.

  friend bool operator==(const MetadataFacts&, const MetadataFacts&) = default;
};

/// Reads an EXIF block (CIPA DC-008, TIFF structure in either byte order) with libexif.
/// Whatever is damaged, contradictory or out of range counts as not written. GPSImgDirection and
/// GPSDest… say where the camera looked, not where it was: they are not read.
MetadataFacts read_exif(std::string_view block);

/// Reads the exif, photoshop and IPTC properties of an XMP packet (read_properties). Its location
/// is a name where it has no coordinates. It never says an orientation: viewers obey EXIF only.
MetadataFacts read_xmp(std::string_view packet);

/// Reads the names of the place (2:92, 2:90, 2:95, 2:101) from an IPTC-NAA record (IIM 4.2), up to
/// where it is damaged. The first of each counts.
///
/// A text is UTF-8 if 1:90 says so (ESC % G); where 1:90 is missing, if it is well-formed UTF-8,
/// which texts of other encodings are hardly ever by chance, else Latin-1. In an encoding that
/// 1:90 names and that is neither, only ASCII is read. A text of more than 128 bytes or with
/// control characters counts as not written.
MetadataFacts read_iptc(std::string_view record);

/// Coordinates from EXIF, else from XMP; where there are none, a place name from XMP, else from
/// IPTC. The capture time from EXIF, else from XMP, else that of the position. The orientation is
/// that of the first EXIF block, which is the one that viewers read. README.md says why.
MetadataFacts read_metadata(const Carriers& carriers);

/// A place for whole coordinates that are on earth; nothing for others, nor for (0, 0), which
/// devices write that do not know. `datum` is its name as written, empty if it is not.
///
/// Those of GCJ-02 and BD-09 are converted and kept in `raw`. So are those of a datum that is not
/// known, unconverted: `raw` says which it was. A name longer than 16 characters or of others than
/// letters, digits, spaces and dashes counts as not written.
std::optional<Location> location_at(Coordinates at, std::string_view datum, LocationOrigin origin);

/// A place that has a name only; nothing without one.
std::optional<Location> location_named(std::optional<std::string> name, LocationOrigin origin);

/// Metres that a receiver can mean; nothing for others. `is_below` the sea or the ellipsoid,
/// whatever the sign.
std::optional<double> plausible_altitude(double metres, bool is_below);
std::optional<double> plausible_accuracy(double metres);

}  // namespace sightingd
