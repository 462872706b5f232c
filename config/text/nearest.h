#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// The candidate that a person most likely meant by `word`: the least number of insertions,
/// deletions, substitutions and swaps of neighbours (optimal string alignment), at most a third
/// of the longer word's length. The first of equals; empty when none is near enough.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace sightingd
