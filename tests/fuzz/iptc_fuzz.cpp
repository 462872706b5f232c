#include "pipeline/geo/place_name.h"
#include "pipeline/image/metadata/facts.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace sightingd;

// Whatever the bytes are, a name that comes out is short and well-formed, and has no coordinates
// beside it.
void check(const MetadataFacts& facts) {
  if (!facts.location || facts.location->has_coordinates()) {
    return;
  }
  const Location name{.origin = facts.location->origin, .place = facts.location->place};
  if (!is_place_name(*facts.location->place) || *facts.location != name) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check(read_iptc(input));
  Carriers carriers;
  add_photoshop(carriers, input);
  check(read_metadata(carriers));
  return 0;
}
