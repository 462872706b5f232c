#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace sightingd {

/// The properties of an XMP packet that are worth reading.
enum class XmpProperty : std::size_t {
  Latitude,  ///< exif:GPSLatitude; so are the next ones of the exif schema.
  LatitudeRef,
  Longitude,
  LongitudeRef,
  Altitude,
  AltitudeRef,
  HorizontalError,
  MapDatum,
  GpsTime,  ///< exif:GPSTimeStamp
  DateTimeOriginal,
  DateCreated,  ///< photoshop:DateCreated
  Sublocation,  ///< Iptc4xmpCore:Location
  City,         ///< photoshop:City, and so the next two.
  State,
  Country,
  CreatedSublocation,  ///< Of Iptc4xmpExt:LocationCreated, where the picture was taken.
  CreatedCity,
  CreatedState,
  CreatedCountry,
  ShownSublocation,  ///< Of Iptc4xmpExt:LocationShown, what is seen in it.
  ShownCity,
  ShownState,
  ShownCountry,
};
inline constexpr std::size_t kXmpProperties = 23;

/// A short text of fixed room: nothing is allocated, so nothing throws, in a parser's callbacks.
class XmpValue {
 public:
  /// As much as fits.
  void append(std::string_view more);

  /// Without the white space around it; empty when it did not fit.
  std::string_view text() const;

  bool empty() const { return size_ == 0; }

 private:
  std::array<char, 192> text_{};
  std::size_t size_ = 0;
  bool is_cut_ = false;
};

/// The first value of each property.
struct XmpProperties {
  std::array<XmpValue, kXmpProperties> values;

  std::string_view text(XmpProperty property) const {
    return values[static_cast<std::size_t>(property)].text();
  }
};

/// Reads the properties of a packet (ISO 16684-1) with libxml2: no entities, no DTD, no network,
/// UTF-8 only. What stands before damaged XML is taken, and before what would cost too much
/// (affordable_part). Of alternatives in several languages the first one counts, and of several
/// places the first one: parts of two are never mixed.
XmpProperties read_properties(std::string_view packet);

}  // namespace sightingd
