#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sightingd {

/// At most `requests` in each `window`.
struct RequestLimit {
  std::uint32_t requests = 0;
  std::chrono::seconds window{0};

  friend bool operator==(const RequestLimit&, const RequestLimit&) = default;
};

/// One `[[source]]` of the configuration. Secrets are resolved; never print them.
struct SourceOptions {
  std::string name = {};
  std::string kind = {};   ///< A name of the connector registry.
  std::string url = {};    ///< Scheme, host and port; no trailing slash.
  std::string token = {};  ///< Empty: anonymous.
  /// Absent: "none".
  std::optional<RequestLimit> request_limit = {};
  bool media_from_origin = false;
  std::string replay = {};  ///< Directory of recorded exchanges; empty: the network.
  /// `[consent] honour`, the same for every source.
  std::vector<std::string> honour = {};

  friend bool operator==(const SourceOptions&, const SourceOptions&) = default;
};

}  // namespace sightingd
