#pragma once

#include <cstdint>
#include <filesystem>

namespace sightingd {

/// `[store]` of the configuration.
struct StoreOptions {
  std::filesystem::path path = "/var/lib/sightingd";
};

}  // namespace sightingd
