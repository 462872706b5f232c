#pragma once

#include <optional>
#include <string>
#include <string_view>

/// The second opinion of libpng, and of nobody here, of what a PNG file shows.
namespace sightingd::test {

/// All that the file shows, as bytes to compare: its pixels and, of an animation (the PNG
/// specification, third edition, 4.9), each frame's place, times and pixels. libpng knows no
/// animations: it is given each frame as a file. Nothing when it cannot read one of them.
std::optional<std::string> libpng_film(std::string_view file);

}  // namespace sightingd::test
