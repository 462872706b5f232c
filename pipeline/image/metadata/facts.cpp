#include "pipeline/image/metadata/facts.h"

#include <cmath>
#include <utility>

namespace sightingd {

std::optional<Location> location_at(double latitude, double longitude, LocationOrigin origin) {
  const bool is_on_earth = std::isfinite(latitude) && std::isfinite(longitude) &&
                           std::abs(latitude) <= 90 && std::abs(longitude) <= 180;
  if (!is_on_earth || (latitude == 0 && longitude == 0)) {
    return std::nullopt;
  }
  Location location;
  location.latitude = latitude;
  location.longitude = longitude;
  location.origin = origin;
  return location;
}

std::optional<double> plausible_altitude(double metres) {
  constexpr double kDeepest = -11'500;
  constexpr double kHighest = 100'000;
  return metres >= kDeepest && metres <= kHighest ? std::optional(metres) : std::nullopt;
}

std::optional<double> plausible_accuracy(double metres) {
  constexpr double kHalfTheEarth = 20'040'000;
  return metres > 0 && metres <= kHalfTheEarth ? std::optional(metres) : std::nullopt;
}

MetadataFacts read_metadata(const Carriers& carriers) {
  MetadataFacts facts;
  const auto add = [&facts](MetadataFacts more) {
    if (!facts.location) {
      facts.location = std::move(more.location);
    }
    if (!facts.captured_at) {
      facts.captured_at = std::move(more.captured_at);
    }
  };
  for (const std::string& block : carriers.exif) {
    MetadataFacts more = read_exif(block);
    if (&block == &carriers.exif.front()) {
      facts.orientation = more.orientation;
    }
    add(std::move(more));
  }
  for (const std::string& packet : carriers.xmp) {
    add(read_xmp(packet));
  }
  return facts;
}

}  // namespace sightingd
