// The one control request with a JSON body.
#include "daemon/api/erase_request.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto request = sightingd::parse_erase_request({reinterpret_cast<const char*>(bytes), size});
  if (!request) {
    return 0;
  }
  const auto json = sightingd::erase_request_json(*request);
  const auto again = sightingd::parse_erase_request(json);
  // Escaping may make a body too large; otherwise nothing changes.
  if (json.size() <= sightingd::kMaxEraseBody && (!again || *again != *request)) {
    std::abort();
  }
  return 0;
}
