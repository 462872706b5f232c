// CIDRs of the configuration, and which addresses the guard lets through.
#include "connectors/http/address_guard.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto network = sightingd::parse_ip_network(text);
  const auto guard = sightingd::AddressGuard::make({text});
  if (network.has_value() != guard.has_value()) {
    std::abort();
  }
  if (network && !(network->contains(network->prefix) && guard->lists(network->prefix) &&
                   guard->allows(network->prefix))) {
    std::abort();
  }
  return 0;
}
