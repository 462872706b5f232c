#include "pipeline/image/metadata/facts.h"

#include "pipeline/image/metadata/photoshop_resources.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sightingd {

namespace {

// A datum as records may name it: "unknown" where they may not, empty for what is no text.
std::string name_of_datum(std::string_view written) {
  constexpr std::size_t kLongest = 16;
  std::string name;
  bool is_name = true;
  for (const char c : written) {
    if (c < ' ' || c > '~') {
      return {};
    }
    is_name = is_name && ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                          (c >= 'a' && c <= 'z') || c == '-' || c == ' ');
    name += c == ' ' ? '-' : c;
  }
  const std::size_t begin = std::min(name.find_first_not_of('-'), name.size());
  name = name.substr(begin, name.find_last_not_of('-') + 1 - begin);
  return is_name && name.size() <= kLongest ? name : "unknown";
}

bool are_on_earth(Coordinates at) {
  // Written so that NaN fails.
  return std::abs(at.latitude) <= 90 && std::abs(at.longitude) <= 180;
}

}  // namespace

std::optional<Location> location_at(Coordinates at, std::string_view datum, LocationOrigin origin) {
  if (!are_on_earth(at) || at == Coordinates()) {
    return std::nullopt;
  }
  const auto known = datum_named(datum);
  const std::string name = known ? std::string(to_text(*known)) : name_of_datum(datum);
  const Coordinates place = to_wgs84(at, known.value_or(Datum::Wgs84));
  if (!are_on_earth(place)) {
    return std::nullopt;
  }
  Location location{.latitude = place.latitude, .longitude = place.longitude, .origin = origin};
  if (known != Datum::Wgs84 && !name.empty()) {
    location.raw = RawLocation{name, at.latitude, at.longitude};
  }
  return location;
}

std::optional<Location> location_named(std::optional<std::string> name, LocationOrigin origin) {
  if (!name) {
    return std::nullopt;
  }
  return Location{.origin = origin, .place = std::move(name)};
}

std::optional<double> plausible_altitude(double metres, bool is_below) {
  constexpr double kDeepest = -11'500;
  constexpr double kHighest = 100'000;
  const double altitude = is_below ? -std::abs(metres) : metres;
  return altitude >= kDeepest && altitude <= kHighest ? std::optional(altitude) : std::nullopt;
}

std::optional<double> plausible_accuracy(double metres) {
  constexpr double kHalfTheEarth = 20'040'000;
  return metres > 0 && metres <= kHalfTheEarth ? std::optional(metres) : std::nullopt;
}

MetadataFacts read_metadata(const Carriers& carriers) {
  MetadataFacts facts;
  const auto add = [&facts](MetadataFacts more) {
    // The first coordinates; before there are any, the first name.
    if (more.location && (!facts.location || (!facts.location->has_coordinates() &&
                                              more.location->has_coordinates()))) {
      facts.location = std::move(more.location);
    }
    if (!facts.captured_at) {
      facts.captured_at = std::move(more.captured_at);
    }
    if (!facts.fixed_at) {
      facts.fixed_at = std::move(more.fixed_at);
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
  PhotoshopResources resources;
  for (const std::string& block : carriers.photoshop) {
    add_resources(block, resources);
  }
  std::ranges::for_each(resources.exif, [&](std::string_view block) { add(read_exif(block)); });
  std::ranges::for_each(resources.xmp, [&](std::string_view packet) { add(read_xmp(packet)); });
  std::ranges::for_each(resources.iptc, [&](std::string_view record) { add(read_iptc(record)); });
  if (!facts.captured_at) {
    facts.captured_at = facts.fixed_at;
  }
  return facts;
}

}  // namespace sightingd
