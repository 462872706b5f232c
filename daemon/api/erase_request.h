#pragma once

#include "pipeline/result.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace sightingd {

/// What `POST /v1/erase` asks for.
struct EraseRequest {
  std::string post;    ///< A sighting's id, the post's URI, or the URL where people read it.
  std::string reason;  ///< The operator's words.

  friend bool operator==(const EraseRequest&, const EraseRequest&) = default;
};

inline constexpr std::size_t kMaxEraseBody = 16 << 10;

/// Reads `{"post": …, "reason": …}`, both texts of 1 to 4,096 bytes and nothing else.
/// Fails with Malformed and a sentence that says what is expected.
Result<EraseRequest> parse_erase_request(std::string_view json);

/// The same request as JSON.
std::string erase_request_json(const EraseRequest& request);

}  // namespace sightingd
