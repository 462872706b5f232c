#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sightingd {

/// Degrees: latitude -90 to 90, longitude -180 to 180.
struct Coordinates {
  double latitude = 0;
  double longitude = 0;

  friend bool operator==(const Coordinates&, const Coordinates&) = default;
};

/// What coordinates may refer to. Chinese law has maps shifted by up to some 700 m (GCJ-02);
/// Baidu's maps are shifted once more, by about a kilometre (BD-09). Japanese cameras may mean
/// their country's old datum, which lies some 450 m off (EXIF 2.32 names it beside WGS-84).
enum class Datum : std::uint8_t { Wgs84, Gcj02, Bd09, Tokyo };

/// "WGS-84", "GCJ-02", "BD-09" or "TOKYO".
std::string_view to_text(Datum datum);

/// The datum of this name, whatever its case, spaces and dashes: "WGS-84", "WGS 1984", "GCJ-02",
/// "gcj02", "BD-09", "BD09LL", "Tokyo". Nothing for any other: Baidu's metres ("BD09MC") are no
/// degrees.
std::optional<Datum> datum_named(std::string_view name);

/// Where the place that `datum` puts at `shifted` is in WGS-84, to better than a centimetre of
/// what from_wgs84 says where the datum is used: the Chinese ones are inverted by iteration.
///
/// Only coordinates that their source says to be of that datum may be given: whether they are
/// cannot be seen from them.
Coordinates to_wgs84(Coordinates shifted, Datum datum);

/// Where `datum` puts a place.
///
/// GCJ-02 is secret; the formulas are those that were found in a map's program and published
/// ("emq", Converter.java; https://on4wp7.codeplex.com/SourceControl/changeset/view/21483; both
/// named and followed by https://github.com/googollee/eviltransform). Outside of the rectangle that
/// they draw around China (72.004 to 137.8347 degrees east, 0.8293 to 55.8271 north) nothing is
/// shifted. BD-09 is GCJ-02 turned and stretched as published in
/// http://blog.csdn.net/coolypf/article/details/8686588 and followed by
/// https://github.com/wandergis/coordtransform, whose numbers the tests hold.
///
/// TOKYO is the ellipsoid of Bessel, moved: by the three numbers of the Geospatial Information
/// Authority of Japan (EPSG:15484), to within some ten metres all over Japan.
Coordinates from_wgs84(Coordinates place, Datum datum);

}  // namespace sightingd
