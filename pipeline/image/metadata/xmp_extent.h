#pragma once

#include <string_view>

namespace sightingd {

/// The part of an XMP packet, from its beginning, that is cheap to parse: all of it, as programs
/// write packets, or up to the tag that goes beyond what they need.
///
/// A parser compares every attribute of a tag with all the others (XML 1.0, 3.1, "Unique Att
/// Spec"), and every prefix with all that are declared: a packet of 64 KiB can keep it busy for
/// seconds. This takes one look at each byte. Bounded are the tags, the
/// attributes of one tag and of all, the declared prefixes and the nesting. A packet that is not
/// UTF-8, as XMP in JPEG, PNG, WebP and GIF must be (ISO 16684-3, 1.1), or that has a document
/// type, ends where that shows.
std::string_view affordable_part(std::string_view packet);

}  // namespace sightingd
