#pragma once

#include <cstdint>
#include <filesystem>

namespace sightingd {

/// `[store]` of the configuration.
struct StoreOptions {
  std::filesystem::path path = "/var/lib/sightingd";
  /// Whether a store in clear that is opened with a key is sealed with it from then on; otherwise
  /// it stays as it is. What was begun goes on anyhow.
  bool begins_sealing = true;
};

}  // namespace sightingd
