#pragma once

#include "pipeline/time.h"
#include "sightingctl/outcome.h"

#include <rapidjson/document.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// Reads an answer of the API that is trusted to be well meant, not to be well formed: what is
/// absent or of another type reads as nothing.
class JsonView {
 public:
  explicit JsonView(const rapidjson::Value& value) : value_(value) {}

  /// Empty when it is no text.
  std::string text(const char* name) const;
  std::uint64_t number(const char* name) const;  ///< 0 when it is no whole number.
  std::optional<double> real(const char* name) const;
  bool flag(const char* name) const;
  std::optional<TimePoint> time(const char* name) const;
  JsonView object(const char* name) const;
  std::vector<JsonView> list(const char* name) const;
  std::vector<std::string> texts(const char* name) const;
  /// Of a list of whole numbers; nothing in place of what is none.
  std::vector<std::optional<std::uint64_t>> counts(const char* name) const;

 private:
  const rapidjson::Value& member(const char* name) const;

  const rapidjson::Value& value_;
};

/// Parses a whole answer, which must be an object. `document` must outlive the view.
Outcome<JsonView> parse_answer(const std::string& body, rapidjson::Document& document);

}  // namespace sightingd
