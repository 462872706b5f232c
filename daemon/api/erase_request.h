#pragma once

#include "pipeline/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sightingd {

/// What `POST /v1/erase` asks for.
struct EraseRequest {
  enum class What : std::uint8_t { Post, Author, Photo, OlderThan };
  What what = What::Post;
  /// A sighting's id, the post's URI or the URL where people read it; an author's URI or handle; a
  /// photo's id; an age.
  std::string subject;
  std::string reason;           ///< The operator's words.
  bool refuse_picture = false;  ///< With Post: its pictures are refused, too.
  bool despite_hold = false;    ///< What is held goes, too.
  bool confirm = false;         ///< With OlderThan: also more than a twentieth of the store.

  friend bool operator==(const EraseRequest&, const EraseRequest&) = default;
};
/// The member that says what is to go: "post", "author", "photo", "older_than".
std::string_view to_text(EraseRequest::What what);

inline constexpr std::size_t kMaxEraseBody = 16 << 10;

/// Reads `{"post": …, "reason": …}`, or another of the subjects, texts of 1 to 4,096 bytes, and
/// the flags by their names, nothing else.
/// Fails with Malformed and a sentence that says what is expected.
Result<EraseRequest> parse_erase_request(std::string_view json);

/// The same request as JSON.
std::string erase_request_json(const EraseRequest& request);

}  // namespace sightingd
