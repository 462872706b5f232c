#include "daemon/api/target.h"

#include "pipeline/hex.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace sightingd {
namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~").find(c) != std::string_view::npos;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  while (!text.empty()) {
    char c = text[0];
    std::size_t length = 1;
    if (c == '%') {
      std::array<std::uint8_t, 1> byte{};
      if (!read_hex(text.substr(1, 2), byte)) {
        return std::nullopt;
      }
      c = static_cast<char>(byte[0]);
      length = 3;
    }
    if (is_control(c)) {
      return std::nullopt;
    }
    decoded += c;
    text.remove_prefix(length);
  }
  return decoded;
}

// Cuts `text` at the first `separator` and returns what stood before it.
std::string_view cut(std::string_view& text, char separator) {
  const std::string_view head = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), head.size() + 1));
  return head;
}

bool parse_path(std::string_view path, std::vector<std::string>& segments) {
  while (!path.empty()) {
    auto segment = percent_decoded(cut(path, '/'));
    if (!segment) {
      return false;
    }
    segments.push_back(std::move(*segment));
  }
  return true;
}

bool parse_query(std::string_view query, Target& target) {
  while (!query.empty()) {
    std::string_view field = cut(query, '&');
    auto name = percent_decoded(cut(field, '='));
    auto value = percent_decoded(field);
    if (!name || !value || target.parameter(*name)) {
      return false;
    }
    target.query.emplace_back(std::move(*name), std::move(*value));
  }
  return true;
}

}  // namespace

std::optional<std::string_view> Target::parameter(std::string_view name) const {
  const auto found = std::ranges::find(
      query, name, [](const auto& field) -> std::string_view { return field.first; });
  return found == query.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

std::optional<Target> parse_target(std::string_view text) {
  if (text.empty() || text.size() > kMaxTargetBytes || text[0] != '/') {
    return std::nullopt;
  }
  text.remove_prefix(1);
  const std::string_view path = cut(text, '?');
  Target target;
  if (!parse_path(path, target.segments) || !parse_query(text, target)) {
    return std::nullopt;
  }
  return target;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kDigits[byte >> 4U];
    encoded += kDigits[byte & 15U];
  }
  return encoded;
}

}  // namespace sightingd
