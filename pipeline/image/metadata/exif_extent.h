#pragma once

#include <cstdint>
#include <string_view>

namespace sightingd {

/// Whether an EXIF block (CIPA DC-008, 4.5.2; without the "Exif\0\0") is cheap to parse.
///
/// Directories name others, and libexif follows a name again as long as nothing else stood in what
/// it names: one directory of 200 entries that all name it costs 200 ^ 4 looks, twenty seconds for
/// three kilobytes. This follows the same names, but counts the entries; whoever writes a
/// directory needs a few hundred at most.
bool is_affordable_exif(std::string_view block);

/// Whether an entry with this tag says where another directory stands: EXIF, GPS, interoperability.
bool names_a_directory(std::uint16_t tag);

}  // namespace sightingd
