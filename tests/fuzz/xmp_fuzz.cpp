#include "pipeline/geo/place_name.h"
#include "pipeline/image/metadata/facts.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

// Whatever the bytes are, a place that comes out is on earth, or has a short and well-formed name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto facts = sightingd::read_xmp({reinterpret_cast<const char*>(data), size});
  if (facts.location &&
      !(std::abs(facts.location->latitude) <= 90 && std::abs(facts.location->longitude) <= 180)) {
    std::abort();
  }
  if (facts.location && facts.location->place &&
      !sightingd::is_place_name(*facts.location->place)) {
    std::abort();
  }
  return 0;
}
