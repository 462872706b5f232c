#include "pipeline/image/metadata/coordinate_text.h"

#include <charconv>
#include <cmath>

namespace sightingd {
namespace {

// Takes an unsigned decimal number off the front.
std::optional<double> take_number(std::string_view& rest) {
  double value = 0;
  if (rest.empty() || rest[0] < '0' || rest[0] > '9') {
    return std::nullopt;
  }
  const auto [end, error] =
      std::from_chars(rest.data(), rest.data() + rest.size(), value, std::chars_format::fixed);
  if (error != std::errc()) {
    return std::nullopt;
  }
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return value;
}

bool skip(std::string_view& rest, std::string_view mark) {
  if (!rest.starts_with(mark)) {
    return false;
  }
  rest.remove_prefix(mark.size());
  return true;
}

void skip_spaces(std::string_view& rest) {
  while (skip(rest, " ")) {
  }
}

// What may stand behind the degrees, the minutes and the seconds.
constexpr std::string_view kMarks[3][6] = {{",", ":", "\u00b0", "\u00ba", "deg", "d"},
                                           {",", ":", "'", "\u2032", "\u2019", "m"},
                                           {"\"", "''", "\u2033", "\u201d"}};

void skip_mark(std::string_view& rest, std::size_t part) {
  skip_spaces(rest);
  for (const std::string_view mark : kMarks[part]) {
    if (skip(rest, mark)) {
      break;
    }
  }
  skip_spaces(rest);
}

std::optional<int> take_hemisphere(std::string_view& rest, std::string_view letters) {
  const auto sign = rest.empty() ? std::nullopt : hemisphere(rest[0], letters);
  if (sign) {
    rest.remove_prefix(1);
    skip_spaces(rest);
  }
  return sign;
}

struct Magnitude {
  double degrees = 0;
  bool has_minutes = false;
};

// Degrees, and minutes and seconds if they are there.
std::optional<Magnitude> take_magnitude(std::string_view& rest) {
  constexpr double kParts[3] = {1, 60, 3600};
  Magnitude magnitude;
  double before = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto part = take_number(rest);
    if (!part) {
      return i == 0 ? std::nullopt : std::optional(magnitude);
    }
    const bool had_decimals = before != std::floor(before);
    if ((i > 0 && *part > 60) || (had_decimals && *part != 0)) {
      return std::nullopt;
    }
    magnitude.degrees += *part / kParts[i];
    magnitude.has_minutes |= i > 0;
    before = *part;
    skip_mark(rest, i);
  }
  return magnitude;
}

}  // namespace

std::optional<double> number_of(std::string_view text) {
  const bool is_negative = skip(text, "-");
  if (!is_negative) {
    skip(text, "+");
  }
  auto value = take_number(text);
  if (value && skip(text, "/")) {
    const auto denominator = take_number(text);
    if (!denominator || *denominator == 0) {
      return std::nullopt;
    }
    *value /= *denominator;
  }
  if (!value || !text.empty()) {
    return std::nullopt;
  }
  return is_negative ? -*value : *value;
}

std::optional<int> hemisphere(char letter, std::string_view letters) {
  const char upper = static_cast<char>(letter & ~0x20);
  if (upper == letters[0]) {
    return 1;
  }
  return upper == letters[1] ? std::optional(-1) : std::nullopt;
}

std::optional<double> coordinate_of(std::string_view text, std::string_view ref,
                                    std::string_view letters) {
  const auto in_front = take_hemisphere(text, letters);
  const bool is_negative = skip(text, "-");
  const bool is_signed = is_negative || skip(text, "+");
  const auto magnitude = take_magnitude(text);
  if (!magnitude) {
    return std::nullopt;
  }
  const auto behind = take_hemisphere(text, letters);
  if (!text.empty() || (in_front && behind)) {
    return std::nullopt;
  }
  const auto letter = in_front ? in_front : behind;
  const auto by_ref = ref.empty() ? std::nullopt : hemisphere(ref[0], letters);
  if ((!letter && !ref.empty() && !by_ref) || (letter && by_ref && *letter != *by_ref)) {
    return std::nullopt;
  }
  const auto sign = letter ? letter : by_ref;
  if (!sign && !magnitude->has_minutes) {
    return is_negative ? -magnitude->degrees : magnitude->degrees;
  }
  if (!sign || (is_signed && *sign == (is_negative ? 1 : -1))) {
    return std::nullopt;
  }
  return *sign * magnitude->degrees;
}

}  // namespace sightingd
