#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sightingd {

/// The request target of HTTP/1.1 (RFC 9112, origin form) taken apart and percent-decoded.
struct Target {
  std::vector<std::string> segments;  ///< "/v1/status" is {"v1", "status"}; "/" is none.
  std::vector<std::pair<std::string, std::string>> query;  ///< Each name once.

  /// Nothing when the query does not name it.
  std::optional<std::string_view> parameter(std::string_view name) const;

  friend bool operator==(const Target&, const Target&) = default;
};

inline constexpr std::size_t kMaxTargetBytes = 4096;

/// Nothing when `text` is longer than kMaxTargetBytes, does not begin with '/', holds a broken
/// escape or (decoded) a control character, or names a parameter twice. '+' is a plus.
std::optional<Target> parse_target(std::string_view text);

/// Escapes what may not stand for itself in a segment or in a value of the query (RFC 3986).
std::string percent_encoded(std::string_view text);

}  // namespace sightingd
