#pragma once

#include <optional>
#include <string_view>

namespace sightingd {

/// A number as metadata writes it in text: "12", "-12.5" or "1250/100". Nothing for anything
/// else, nor for a denominator of zero.
std::optional<double> number_of(std::string_view text);

/// 1 or -1 for the first or second letter of `letters` ("NS" or "EW"), in either case; nothing
/// for any other.
std::optional<int> hemisphere(char letter, std::string_view letters);

/// Degrees, north and east positive, from a coordinate in text: "DDD,MM,SSk" or "DDD,MM.mmk"
/// (XMP, ISO 16684-1, GPSCoordinate), and what programs write instead: decimal degrees with a
/// letter or a sign, signs of degree, minute and second or spaces between the numbers, the letter
/// in front or in a property of its own, `ref`.
///
/// Nothing where the hemisphere is not known, or is said twice and not the same; minutes and
/// seconds are at most 60; a number with decimals is the last one that says something.
std::optional<double> coordinate_of(std::string_view text, std::string_view ref,
                                    std::string_view letters);

}  // namespace sightingd
