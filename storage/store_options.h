#pragma once

#include <cstdint>
#include <filesystem>

namespace sightingd {

/// `[store]` of the configuration.
struct StoreOptions {
  std::filesystem::path path = "/var/lib/sightingd";
  /// The folder of the erasure ledger. Empty: within the store, where it goes with what it is to
  /// outlive; for stores that are thrown away.
  std::filesystem::path erasure_ledger = {};
  /// Less free space than this on its disk, and nothing more is to be taken in. For ingest: what is
  /// asked of the store itself it tries as long as there is any.
  std::uint64_t keep_free = 1ULL << 30U;
  /// Whether a store in clear that is opened with a key is sealed with it from then on; otherwise
  /// it stays as it is. What was begun goes on anyhow.
  bool begins_sealing = true;
};

}  // namespace sightingd
