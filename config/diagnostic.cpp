#include "config/diagnostic.h"

#include <cstdio>

namespace sightingd {
namespace {

constexpr std::size_t kLongestQuote = 80;

bool is_utf8_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// Cuts between two UTF-8 sequences.
std::string shortened(const std::string& text) {
  if (text.size() <= kLongestQuote) {
    return text;
  }
  std::size_t end = kLongestQuote;
  while (end > 0 && is_utf8_continuation(text[end])) {
    --end;
  }
  return text.substr(0, end) + "...";
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    if (code < 0x20 || code == 0x7F) {
      char hex[5];
      std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned>(code));
      result += hex;
    } else {
      result += byte;
    }
  }
  return result;
}

}  // namespace

std::string in_quotes(const std::string& text) { return '"' + escaped(shortened(text)) + '"'; }

std::string render(const Place& place) {
  if (place.line == 0) {
    return place.file;
  }
  return place.file + ':' + std::to_string(place.line) + ':' + std::to_string(place.column);
}

std::string render(const Diagnostic& diagnostic, Audience audience) {
  const bool shows_values = audience == Audience::Operator || !diagnostic.is_private;
  std::string line = render(diagnostic.place) + ": ";
  if (!diagnostic.key.empty()) {
    line += escaped(diagnostic.key) + ": ";
  }
  if (!diagnostic.value.empty()) {
    line += (shows_values ? in_quotes(diagnostic.value) : "the value") + ' ';
  }
  line += diagnostic.problem;
  if (audience == Audience::Operator && !diagnostic.detail.empty()) {
    line += ": " + escaped(diagnostic.detail);
  }

  std::string hints = diagnostic.allowed;
  if (shows_values && !diagnostic.suggestion.empty()) {
    hints += (hints.empty() ? "" : "; ") + std::string("did you mean ") +
             in_quotes(diagnostic.suggestion) + '?';
  }
  return hints.empty() ? line : line + " (" + hints + ')';
}

}  // namespace sightingd
