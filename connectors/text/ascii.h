#pragma once

#include <algorithm>
#include <string_view>

/// Characters as protocols see them, whatever the locale is.
namespace sightingd {

constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }

constexpr bool is_ascii_alphanumeric(char c) {
  return is_ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

/// A space, a control character of ASCII, or DEL.
constexpr bool is_space_or_control(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
}

/// `lower_word` is in lower case.
inline bool contains_ignoring_case(std::string_view text, std::string_view lower_word) {
  const auto is_same = [](char c, char lower) { return ascii_lower(c) == lower; };
  return std::search(text.begin(), text.end(), lower_word.begin(), lower_word.end(), is_same) !=
         text.end();
}

/// `lower_prefix` is in lower case.
inline bool starts_with_ignoring_case(std::string_view text, std::string_view lower_prefix) {
  return text.size() >= lower_prefix.size() &&
         std::ranges::equal(text.substr(0, lower_prefix.size()), lower_prefix, {}, ascii_lower);
}

}  // namespace sightingd
