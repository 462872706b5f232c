#pragma once

#include <optional>
#include <string>
#include <string_view>

/// The second opinion of giflib, and of nobody here, of what a GIF file shows.
namespace sightingd::test {

/// All that the file shows, as bytes to compare: the sides of its canvas, and of each picture its
/// place, how long it stays and how it goes, and its pixels. Nothing when giflib cannot read it.
std::optional<std::string> giflib_film(std::string_view file);

}  // namespace sightingd::test
