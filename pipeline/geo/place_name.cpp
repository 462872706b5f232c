#include "pipeline/geo/place_name.h"

#include <cstdint>

namespace sightingd {
namespace {

constexpr std::size_t kNotUtf8 = 0;

// A sequence of UTF-8 at the front of `text`: its size, or kNotUtf8.
std::size_t sequence_size(std::string_view text) {
  const auto lead = static_cast<std::uint8_t>(text[0]);
  if (lead < 0x80) {
    return 1;
  }
  if (lead < 0xC2 || lead > 0xF4) {
    return kNotUtf8;
  }
  return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

// Takes a character off the front of `text`, which is not empty; nothing if it is not UTF-8.
std::optional<char32_t> take_character(std::string_view& text) {
  const std::size_t size = sequence_size(text);
  if (size == kNotUtf8 || size > text.size()) {
    return std::nullopt;
  }
  const auto lead = static_cast<std::uint8_t>(text[0]);
  char32_t value = size == 1 ? lead : lead & (0x7FU >> size);
  for (const char c : text.substr(1, size - 1)) {
    const auto byte = static_cast<std::uint8_t>(c);
    if ((byte & 0xC0U) != 0x80U) {
      return std::nullopt;
    }
    value = (value << 6U) | (byte & 0x3FU);
  }
  text.remove_prefix(size);
  const bool is_overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
  return is_overlong || is_surrogate || value > 0x10FFFF ? std::nullopt : std::optional(value);
}

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) ||  // C0, DEL, C1.
         (c >= 0x2028 && c <= 0x202E) ||          // Separators, embeddings, overrides.
         (c >= 0x2066 && c <= 0x2069) ||          // Isolates.
         c == 0x061C || c == 0x200E || c == 0x200F || c == 0xFEFF;
}

}  // namespace

bool is_place_name(std::string_view text) {
  if (text.empty() || text.size() > kLongestPlaceName) {
    return false;
  }
  while (!text.empty()) {
    const auto character = take_character(text);
    if (!character || is_control(*character)) {
      return false;
    }
  }
  return true;
}

std::optional<std::string> place_name(const PlaceParts& parts) {
  constexpr std::string_view kBetween = ", ";
  std::string name;
  std::string_view last;
  for (const std::string* part : {&parts.sublocation, &parts.city, &parts.state, &parts.country}) {
    const std::size_t size = name.size() + (name.empty() ? 0 : kBetween.size()) + part->size();
    if (!is_place_name(*part) || *part == last || size > kLongestPlaceName) {
      continue;
    }
    name.append(name.empty() ? std::string_view() : kBetween).append(*part);
    last = *part;
  }
  return name.empty() ? std::nullopt : std::optional(name);
}

}  // namespace sightingd
