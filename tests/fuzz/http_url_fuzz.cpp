// URLs of foreign posts and of redirects.
#include "connectors/http/http_url.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto url = sightingd::HttpUrl::parse({reinterpret_cast<const char*>(data), size});
  if (!url) {
    return 0;
  }
  // What libcurl is given is read the same way again: nobody else is talked to.
  const auto again = sightingd::HttpUrl::parse(url->text());
  if (!again || !again->has_same_origin(*url) ||
      again->literal_address() != url->literal_address()) {
    std::abort();
  }
  return 0;
}
