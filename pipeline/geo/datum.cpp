#include "pipeline/geo/datum.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace sightingd {
namespace {

using std::numbers::pi;

// The ellipsoid of Krasovsky, 1940: half its major axis in metres, and its eccentricity squared.
constexpr double kSemiMajorAxis = 6'378'245.0;
constexpr double kEccentricitySquared = 0.006'693'421'622'965'943'23;

struct Ellipsoid {
  double semi_major_axis = 0;  // Metres.
  double flattening = 0;

  double eccentricity_squared() const { return flattening * (2 - flattening); }
};

constexpr Ellipsoid kBessel1841{6'377'397.155, 1 / 299.152'812'8};  // EPSG:7004
constexpr Ellipsoid kWgs84{6'378'137.0, 1 / 298.257'223'563};       // EPSG:7030

// Metres from the centre of the earth: towards 0 and 90 degrees east on the equator, and north.
struct Point {
  double x = 0;
  double y = 0;
  double z = 0;
};

constexpr Point kFromTokyo{-146.414, 507.337, 680.507};  // EPSG:15484

// The point that the shift is a polynomial around.
constexpr Coordinates kCentre{.latitude = 35, .longitude = 105};

constexpr double kBaiduAngle = pi * 3000.0 / 180.0;
constexpr Coordinates kBaiduOffset{.latitude = 0.006, .longitude = 0.0065};

Coordinates operator+(Coordinates a, Coordinates b) {
  return {a.latitude + b.latitude, a.longitude + b.longitude};
}

Coordinates operator-(Coordinates a, Coordinates b) {
  return {a.latitude - b.latitude, a.longitude - b.longitude};
}

bool is_around_china(Coordinates at) {
  return at.longitude >= 72.004 && at.longitude <= 137.8347 && at.latitude >= 0.8293 &&
         at.latitude <= 55.8271;
}

double waves(double value) {
  return (20 * std::sin(6 * value * pi) + 20 * std::sin(2 * value * pi)) * 2 / 3;
}

// What GCJ-02 adds, degrees. `x` and `y` are degrees from the centre, both sums are metres.
Coordinates chinese_shift(Coordinates at) {
  const auto [y, x] = at - kCentre;
  const double north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y +
                       0.2 * std::sqrt(std::abs(x)) + waves(x) +
                       (20 * std::sin(y * pi) + 40 * std::sin(y / 3 * pi)) * 2 / 3 +
                       (160 * std::sin(y / 12 * pi) + 320 * std::sin(y / 30 * pi)) * 2 / 3;
  const double east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * std::sqrt(std::abs(x)) +
                      waves(x) + (20 * std::sin(x * pi) + 40 * std::sin(x / 3 * pi)) * 2 / 3 +
                      (150 * std::sin(x / 12 * pi) + 300 * std::sin(x / 30 * pi)) * 2 / 3;
  const double radians = at.latitude / 180 * pi;
  const double bulge = 1 - kEccentricitySquared * std::sin(radians) * std::sin(radians);
  const double meridian =
      kSemiMajorAxis * (1 - kEccentricitySquared) / (bulge * std::sqrt(bulge));  // Radius, metres.
  const double parallel = kSemiMajorAxis / std::sqrt(bulge) * std::cos(radians);
  return {north / meridian * 180 / pi, east / parallel * 180 / pi};
}

// What BD-09 adds to GCJ-02, degrees.
Coordinates baidu_shift(Coordinates at) {
  const double radius =
      std::hypot(at.longitude, at.latitude) + 0.00002 * std::sin(at.latitude * kBaiduAngle);
  const double angle =
      std::atan2(at.latitude, at.longitude) + 0.000003 * std::cos(at.longitude * kBaiduAngle);
  return Coordinates{radius * std::sin(angle), radius * std::cos(angle)} + kBaiduOffset - at;
}

// The place that `shift` brings to `shifted`. A shift changes by less than a hundredth of the
// way that one goes, so each round leaves less than a hundredth of the error.
Coordinates without(Coordinates shifted, Coordinates (*shift)(Coordinates)) {
  constexpr int kRounds = 8;
  Coordinates place = shifted;
  for (int round = 0; round < kRounds; ++round) {
    place = shifted - shift(place);
  }
  return place;
}

// On the surface of the ellipsoid.
Point to_point(Coordinates at, const Ellipsoid& earth) {
  const double latitude = at.latitude / 180 * pi;
  const double longitude = at.longitude / 180 * pi;
  const double squared = earth.eccentricity_squared();
  const double radius =
      earth.semi_major_axis / std::sqrt(1 - squared * std::sin(latitude) * std::sin(latitude));
  return {radius * std::cos(latitude) * std::cos(longitude),
          radius * std::cos(latitude) * std::sin(longitude),
          radius * (1 - squared) * std::sin(latitude)};
}

// Near the surface; by iteration, each round of which leaves some hundredth of the error.
Coordinates to_coordinates(const Point& point, const Ellipsoid& earth) {
  constexpr int kRounds = 8;
  const double squared = earth.eccentricity_squared();
  const double from_axis = std::hypot(point.x, point.y);
  double latitude = std::atan2(point.z, from_axis * (1 - squared));
  for (int round = 0; round < kRounds; ++round) {
    const double radius =
        earth.semi_major_axis / std::sqrt(1 - squared * std::sin(latitude) * std::sin(latitude));
    latitude = std::atan2(point.z + squared * radius * std::sin(latitude), from_axis);
  }
  return {latitude * 180 / pi, std::atan2(point.y, point.x) * 180 / pi};
}

Coordinates moved(Coordinates at, const Ellipsoid& from, double times, const Ellipsoid& to) {
  const Point point = to_point(at, from);
  return to_coordinates({point.x + times * kFromTokyo.x, point.y + times * kFromTokyo.y,
                         point.z + times * kFromTokyo.z},
                        to);
}

}  // namespace

std::string_view to_text(Datum datum) {
  switch (datum) {
    case Datum::Wgs84:
      return "WGS-84";
    case Datum::Gcj02:
      return "GCJ-02";
    case Datum::Bd09:
      return "BD-09";
    case Datum::Tokyo:
      return "TOKYO";
  }
  return "unknown";
}

std::optional<Datum> datum_named(std::string_view name) {
  std::string bare;
  for (const char c : name) {
    if (c >= 'a' && c <= 'z') {
      bare += static_cast<char>(c - 'a' + 'A');
    } else if (c != ' ' && c != '-' && c != '_') {
      bare += c;
    }
  }
  if (bare == "WGS84" || bare == "WGS1984") {
    return Datum::Wgs84;
  }
  if (bare == "GCJ02") {
    return Datum::Gcj02;
  }
  if (bare == "TOKYO") {
    return Datum::Tokyo;
  }
  return bare == "BD09" || bare == "BD09LL" ? std::optional(Datum::Bd09) : std::nullopt;
}

Coordinates to_wgs84(Coordinates shifted, Datum datum) {
  if (datum == Datum::Tokyo) {
    return moved(shifted, kBessel1841, 1, kWgs84);
  }
  if (datum == Datum::Bd09) {
    shifted = without(shifted, baidu_shift);
  }
  if (datum == Datum::Wgs84 || !is_around_china(shifted)) {
    return shifted;
  }
  return without(shifted, chinese_shift);
}

Coordinates from_wgs84(Coordinates place, Datum datum) {
  if (datum == Datum::Tokyo) {
    return moved(place, kWgs84, -1, kBessel1841);
  }
  if (datum == Datum::Wgs84) {
    return place;
  }
  const Coordinates shifted = is_around_china(place) ? place + chinese_shift(place) : place;
  return datum == Datum::Bd09 ? shifted + baidu_shift(shifted) : shifted;
}

}  // namespace sightingd
