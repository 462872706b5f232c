#pragma once

#include <string>
#include <vector>

namespace sightingd {

/// `[http]` of the configuration.
struct HttpOptions {
  std::string user_agent_contact = {};  ///< Who to write to; part of the User-Agent.
  /// CIDRs of private addresses that may be reached.
  std::vector<std::string> allow_addresses = {};
  std::string proxy = {};    ///< Empty: none, whatever the environment says.
  std::string ca_file = {};  ///< Empty: the system's.

  friend bool operator==(const HttpOptions&, const HttpOptions&) = default;
};

}  // namespace sightingd
