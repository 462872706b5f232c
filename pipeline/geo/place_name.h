#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// The most bytes of a place name. Addresses as people write them stay below it.
inline constexpr std::size_t kLongestPlaceName = 255;

/// Whether `text` can stand in a record as the name of a place: 1 to kLongestPlaceName bytes of
/// well-formed UTF-8 (Unicode, table 3-7) without control characters (C0, DEL, C1), line and
/// paragraph separators, or the marks that turn the direction of a text, behind which it would
/// read as another one.
bool is_place_name(std::string_view text);

/// The parts that captions name a place by, as IPTC defines them. An empty one is not known.
struct PlaceParts {
  std::string sublocation = {};  ///< Street, building, sight.
  std::string city = {};
  std::string state = {};  ///< State or province.
  std::string country = {};
};

/// "Lincoln Memorial, Washington, United States of America": the parts from the smallest to the
/// largest. A part that is no place name counts as not known, one that repeats the one before it
/// is said once, and one that does not fit any more is left out. Nothing when no part is left.
std::optional<std::string> place_name(const PlaceParts& parts);

}  // namespace sightingd
