#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The second opinion of giflib, and of nobody here, of what a GIF file shows.
namespace sightingd::test {

/// All that the file shows, as bytes to compare: the sides of its canvas, then of each picture its
/// place, how long it stays and how it goes, and its pixels. Nothing when giflib cannot read it. A
/// picture whose codes make no sense it fills with whatever comes.
std::optional<std::vector<std::string>> giflib_film(std::string_view file);

}  // namespace sightingd::test
