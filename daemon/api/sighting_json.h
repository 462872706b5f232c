#pragma once

#include "pipeline/photo.h"
#include "pipeline/sighting.h"

#include <string>
#include <string_view>

namespace sightingd {

class JsonWriter;

/// Appends `sighting` as one JSON object on one line, newline included, without a cursor or an
/// event (docs/api.md, "Sighting").
void append_sighting(const SightingView& sighting, std::string& out);

/// Writes the members of a sighting, from `version` on, into an object that is already begun.
void write_sighting_members(JsonWriter& json, const SightingView& sighting);

/// Appends one line of NDJSON about a picture that belongs to no post: `file`, then the members
/// of an image (docs/api.md, "Image") as they would be had a post brought it. Bytes that are no
/// image are `unavailable` with the reason "not_an_image".
void append_inspected(const Examination& examination, std::string_view file, std::string& out);

}  // namespace sightingd
