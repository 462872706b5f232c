#pragma once

#include <string>

#include <string.h>

namespace sightingd {

/// Overwrites a text that held a secret; no compiler leaves it out.
inline void wipe(std::string& text) { ::explicit_bzero(text.data(), text.size()); }

}  // namespace sightingd
