#include "pipeline/geo/datum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace sightingd {
namespace {

constexpr double kTenthOfAMillimetre = 1e-9;  // Degrees.

void expect_near(Coordinates found, Coordinates expected, double tolerance) {
  EXPECT_NEAR(found.latitude, expected.latitude, tolerance);
  EXPECT_NEAR(found.longitude, expected.longitude, tolerance);
}

struct Known {
  Coordinates wgs84;
  Coordinates shifted;
};

// Pairs that the published implementations test themselves with (eviltransform, coordtransform).
const std::vector<Known> kGcj02{
    {{31.1774276, 121.5272106}, {31.17530398364597, 121.531541859215}},
    {{22.543847, 113.912316}, {22.540796131694766, 113.9171764808363}},
    {{39.911954, 116.377817}, {39.91334545536069, 116.38404722455657}},
    {{39.915, 116.404}, {39.91640428150164, 116.41024449916938}},
};

TEST(DatumTest, AgreesWithThePublishedGcj02) {
  for (const auto& [wgs84, shifted] : kGcj02) {
    expect_near(from_wgs84(wgs84, Datum::Gcj02), shifted, kTenthOfAMillimetre);
    expect_near(to_wgs84(shifted, Datum::Gcj02), wgs84, kTenthOfAMillimetre);
  }
}

TEST(DatumTest, AgreesWithThePublishedBd09) {
  const Coordinates gcj02{39.915, 116.404};
  const Coordinates bd09{39.92133699351021, 116.41036949371029};

  expect_near(from_wgs84(to_wgs84(gcj02, Datum::Gcj02), Datum::Bd09), bd09, kTenthOfAMillimetre);
  // The published inverse is no exact one; it lies within a metre.
  const Coordinates published{39.90865673957631, 116.39762729119315};
  expect_near(from_wgs84(to_wgs84({39.915, 116.404}, Datum::Bd09), Datum::Gcj02), published, 1e-5);
  expect_near(to_wgs84({45, 123}, Datum::Bd09), {44.9917154, 122.9876221}, 1e-5);
}

// The point that the Tokyo datum was built on, in it and in its successor, which is WGS-84 to
// within centimetres (Geospatial Information Authority of Japan).
TEST(DatumTest, FindsTheOriginOfTheJapaneseDatum) {
  const Coordinates in_tokyo{35 + 39 / 60.0 + 17.5148 / 3600, 139 + 44 / 60.0 + 40.5020 / 3600};
  const Coordinates in_wgs84{35 + 39 / 60.0 + 29.1572 / 3600, 139 + 44 / 60.0 + 28.8759 / 3600};
  constexpr double kMetre = 1e-5;

  expect_near(to_wgs84(in_tokyo, Datum::Tokyo), in_wgs84, kMetre);
  expect_near(from_wgs84(in_wgs84, Datum::Tokyo), in_tokyo, kMetre);
}

TEST(DatumTest, InvertsTheJapaneseDatumToWithinTheHeightOfItsEllipsoid) {
  for (double latitude = 24; latitude < 46; latitude += 1.7) {
    const Coordinates place{latitude, 140};

    expect_near(to_wgs84(from_wgs84(place, Datum::Tokyo), Datum::Tokyo), place, 1e-6);
  }
}

TEST(DatumTest, InvertsItselfAllOverChina) {
  for (const Datum datum : {Datum::Gcj02, Datum::Bd09}) {
    for (double latitude = 3; latitude < 54; latitude += 0.737) {
      for (double longitude = 73; longitude < 136; longitude += 0.619) {
        const Coordinates place{latitude, longitude};

        expect_near(to_wgs84(from_wgs84(place, datum), datum), place, kTenthOfAMillimetre);
      }
    }
  }
}

TEST(DatumTest, ShiftsNothingOutsideOfChina) {
  for (const Coordinates place : {Coordinates{48.8578, 2.297}, Coordinates{-33.8568, 151.2153}}) {
    EXPECT_EQ(from_wgs84(place, Datum::Gcj02), place);
    EXPECT_EQ(to_wgs84(place, Datum::Gcj02), place);
  }
}

TEST(DatumTest, KeepsWgs84AsItIs) {
  EXPECT_EQ(to_wgs84({39.915, 116.404}, Datum::Wgs84), (Coordinates{39.915, 116.404}));
  EXPECT_EQ(from_wgs84({39.915, 116.404}, Datum::Wgs84), (Coordinates{39.915, 116.404}));
}

TEST(DatumTest, SaysANumberForEveryPlaceOnEarth) {
  for (const Datum datum : {Datum::Gcj02, Datum::Bd09, Datum::Tokyo}) {
    for (double latitude = -75; latitude <= 75; latitude += 15) {
      for (double longitude = -165; longitude <= 165; longitude += 15) {
        const Coordinates found = to_wgs84({latitude, longitude}, datum);

        EXPECT_NEAR(found.latitude, latitude, 0.02);
        EXPECT_NEAR(found.longitude, longitude, 0.02);
      }
    }
  }
}

TEST(DatumTest, KnowsTheNamesThatProgramsWrite) {
  for (const char* name : {"WGS-84", "WGS84", "wgs 84", "WGS-1984", " WGS-84 "}) {
    EXPECT_EQ(datum_named(name), Datum::Wgs84) << name;
  }
  for (const char* name : {"GCJ-02", "gcj02", "GCJ_02"}) {
    EXPECT_EQ(datum_named(name), Datum::Gcj02) << name;
  }
  for (const char* name : {"BD-09", "bd09", "BD09LL"}) {
    EXPECT_EQ(datum_named(name), Datum::Bd09) << name;
  }
  for (const char* name : {"TOKYO", "Tokyo"}) {
    EXPECT_EQ(datum_named(name), Datum::Tokyo) << name;
  }
}

TEST(DatumTest, KnowsNoOtherName) {
  for (const char* name : {"", "TOKYO97", "BD09MC", "GCJ", "WGS", "CGCS2000", "Mars"}) {
    EXPECT_FALSE(datum_named(name)) << name;
  }
}

TEST(DatumTest, NamesEachInItsUsualSpelling) {
  for (const Datum datum : {Datum::Wgs84, Datum::Gcj02, Datum::Bd09, Datum::Tokyo}) {
    EXPECT_EQ(datum_named(to_text(datum)), datum);
  }
}

}  // namespace
}  // namespace sightingd
