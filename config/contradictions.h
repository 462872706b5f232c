#pragma once

#include "config/diagnostic.h"
#include "config/draft.h"

#include <vector>

namespace sightingd {

/// What contradicts what in a complete draft: names used twice, references to nothing, two
/// watches of one subject, http where it is not allowed, limits that exclude each other. In no
/// order. Keys whose values were wrong in themselves are passed over, and so is, unless `is_whole`,
/// what may be right together with a file that could not be read.
std::vector<Diagnostic> contradictions(const SettingsDraft& draft, bool is_whole);

}  // namespace sightingd
