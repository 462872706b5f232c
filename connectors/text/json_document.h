#pragma once

#include "pipeline/result.h"

#include <rapidjson/document.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

using JsonValue = rapidjson::Value;

/// Nesting beyond this is refused; no API of ours nests a tenth as deep.
inline constexpr int kMaxJsonDepth = 64;

/// A JSON text of foreign origin, read in place by RapidJSON: its strings lie in the bytes that
/// were given. Strings may hold any bytes, NUL and invalid UTF-8 included; a lone surrogate
/// escape, which is no text at all, is read as U+FFFD so that it costs one string and not the
/// whole document.
class JsonDocument {
 public:
  /// Fails with Unavailable, and the reason "empty_body", "truncated_json" or "html", on what a
  /// proxy or a broken connection leaves of an answer; with Malformed and "bad_json" on the rest.
  static Result<JsonDocument> parse(std::string bytes);

  const JsonValue& root() const { return document_->document; }

 private:
  struct Parsed {
    std::string bytes;
    rapidjson::Document document;
  };
  explicit JsonDocument(std::unique_ptr<Parsed> parsed) : document_(std::move(parsed)) {}

  std::unique_ptr<Parsed> document_;
};

/// The member of this name; nothing when it is absent or null, or `object` is not an object.
const JsonValue* json_member(const JsonValue& object, std::string_view name);

/// The same, when it is a string.
std::optional<std::string_view> json_text(const JsonValue& object, std::string_view name);

/// Whether the member of this name is `true`.
bool json_flag(const JsonValue& object, std::string_view name);

}  // namespace sightingd
