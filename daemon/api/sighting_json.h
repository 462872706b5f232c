#pragma once

#include "pipeline/photo.h"
#include "pipeline/sighting.h"

#include <string>

namespace sightingd {

/// Appends `sighting` as one JSON object on one line (docs/api.md, "sighting"), without a
/// cursor or an event.
void append_sighting(const SightingView& sighting, std::string& out);

/// Appends the `image` object of a picture that belongs to no post, with `file` as its first
/// member: what `sightingctl inspect` prints.
void append_inspected(const Examination& examination, const std::string& file, std::string& out);

}  // namespace sightingd
