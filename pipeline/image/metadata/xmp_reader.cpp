#include "pipeline/geo/place_name.h"
#include "pipeline/image/metadata/capture_time.h"
#include "pipeline/image/metadata/coordinate_text.h"
#include "pipeline/image/metadata/facts.h"
#include "pipeline/image/metadata/xmp_packet.h"

namespace sightingd {
namespace {

std::optional<Location> coordinates_of(const XmpProperties& xmp) {
  const auto latitude =
      coordinate_of(xmp.text(XmpProperty::Latitude), xmp.text(XmpProperty::LatitudeRef), "NS");
  const auto longitude =
      coordinate_of(xmp.text(XmpProperty::Longitude), xmp.text(XmpProperty::LongitudeRef), "EW");
  if (!latitude || !longitude) {
    return std::nullopt;
  }
  auto location =
      location_at({*latitude, *longitude}, xmp.text(XmpProperty::MapDatum), LocationOrigin::Xmp);
  if (location) {
    if (const auto altitude = number_of(xmp.text(XmpProperty::Altitude))) {
      const std::string_view ref = xmp.text(XmpProperty::AltitudeRef);
      location->altitude_m = plausible_altitude(*altitude, ref == "1" || ref == "3");
    }
    if (const auto error = number_of(xmp.text(XmpProperty::HorizontalError))) {
      location->accuracy_m = plausible_accuracy(*error);
    }
  }
  return location;
}

std::optional<Location> place_of(const XmpProperties& xmp, XmpProperty sublocation,
                                 XmpProperty city, XmpProperty state, XmpProperty country) {
  const auto text = [&xmp](XmpProperty property) { return std::string(xmp.text(property)); };
  return location_named(place_name({.sublocation = text(sublocation),
                                    .city = text(city),
                                    .state = text(state),
                                    .country = text(country)}),
                        LocationOrigin::Xmp);
}

// Where it was taken before what it shows; between them the properties that mean either.
std::optional<Location> place_of(const XmpProperties& xmp) {
  using enum XmpProperty;
  auto place = place_of(xmp, CreatedSublocation, CreatedCity, CreatedState, CreatedCountry);
  if (!place) {
    place = place_of(xmp, Sublocation, City, State, Country);
  }
  return place ? place : place_of(xmp, ShownSublocation, ShownCity, ShownState, ShownCountry);
}

// GPSTimeStamp is in UTC, also where that is not written.
std::optional<std::string> fix_time(std::string_view iso) {
  auto time = capture_time(iso);
  constexpr std::size_t kDate = 10;
  if (time && time->find_first_of("Z+-", kDate) == std::string::npos) {
    *time += 'Z';
  }
  return time;
}

}  // namespace

MetadataFacts read_xmp(std::string_view packet) {
  const XmpProperties xmp = read_properties(packet);
  MetadataFacts facts;
  facts.location = coordinates_of(xmp);
  if (!facts.location) {
    facts.location = place_of(xmp);
  }
  facts.captured_at = capture_time(xmp.text(XmpProperty::DateTimeOriginal));
  if (!facts.captured_at) {
    facts.captured_at = capture_time(xmp.text(XmpProperty::DateCreated));
  }
  facts.fixed_at = fix_time(xmp.text(XmpProperty::GpsTime));
  return facts;
}

}  // namespace sightingd
