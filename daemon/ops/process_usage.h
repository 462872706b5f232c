#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace sightingd {

/// What this process has used. A number that the system does not tell is absent.
struct ProcessUsage {
  std::chrono::nanoseconds cpu{0};
  std::optional<std::uint64_t> resident_bytes;
  std::optional<std::uint64_t> virtual_bytes;
  std::optional<std::uint64_t> open_descriptors;
  std::optional<std::uint64_t> max_descriptors;
};

/// Reads /proc/self alone, which is there under ProtectProc= and ProcSubset=pid too.
ProcessUsage process_usage();

}  // namespace sightingd
