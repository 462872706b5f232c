#include "pipeline/image/metadata/coordinate_text.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

// The text, and behind a NUL the property that may name the hemisphere. Whatever they say, what
// comes out is a number.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sightingd;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\0');
  const std::string_view ref = end == input.npos ? std::string_view() : input.substr(end + 1);
  for (const std::string_view letters : {"NS", "EW"}) {
    const auto degrees = coordinate_of(input.substr(0, end), ref, letters);
    if (degrees && !std::isfinite(*degrees)) {
      std::abort();
    }
  }
  const auto number = number_of(input);
  if (number && !std::isfinite(*number)) {
    std::abort();
  }
  return 0;
}
