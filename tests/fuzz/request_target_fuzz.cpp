// Targets of control requests, and the parameters in them.
#include "daemon/api/target.h"
#include "daemon/control/parameters.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto target = sightingd::parse_target({reinterpret_cast<const char*>(bytes), size});
  if (!target) {
    return 0;
  }
  const sightingd::Parameters parameters(*target);
  (void)parameters.only({"after", "limit", "follow"});
  (void)parameters.flag("follow");
  const auto limit = parameters.number("limit", 1, 100);
  if (limit && *limit && (**limit < 1 || **limit > 100)) {
    std::abort();
  }
  for (const auto& [name, value] : target->query) {
    const auto again = sightingd::parse_target("/?" + sightingd::percent_encoded(name) + "=" +
                                               sightingd::percent_encoded(value));
    // Escaping makes texts up to three times longer, which may exceed what a target can hold.
    if (again && again->parameter(name) != value) {
      std::abort();
    }
  }
  return 0;
}
