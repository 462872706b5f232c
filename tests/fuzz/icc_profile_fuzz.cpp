#include "pipeline/image/metadata/icc_profile.h"
#include "pipeline/image/verify/bare_profile.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

// A profile stays as it is or goes, and the verifier thinks the same of it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sightingd;
  const std::string_view profile(reinterpret_cast<const char*>(data), size);
  const std::string kept = kept_colour_profile(profile);
  if ((!kept.empty() && kept != profile) || verify::is_bare_profile(profile) == kept.empty()) {
    std::abort();
  }
  return 0;
}
