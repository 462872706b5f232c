#pragma once

#include <cstddef>
#include <cstdint>

namespace sightingd {

/// `[examiner]` of the configuration, and the limits of `[media]` that it enforces.
struct ExaminerOptions {
  std::size_t processes = 0;  ///< 0: one a core.
  std::uint64_t memory = 512ULL << 20U;
  /// True: refuses to start when a required layer of the sandbox is missing (exit 71).
  bool sandbox_required = true;
  std::uint64_t max_pixels = 80'000'000;
  std::uint64_t max_bytes = 20ULL << 20U;

  friend bool operator==(const ExaminerOptions&, const ExaminerOptions&) = default;
};

}  // namespace sightingd
