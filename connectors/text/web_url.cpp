#include "connectors/text/web_url.h"

#include "connectors/text/ascii.h"
#include "connectors/text/utf8.h"

#include <algorithm>

namespace sightingd {
namespace {

constexpr std::size_t kMaxUrlBytes = 4096;

// What follows "https://"; empty when the URL is of another scheme.
std::string_view after_scheme(std::string_view url) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (starts_with_ignoring_case(url, scheme)) {
      return url.substr(scheme.size());
    }
  }
  return {};
}

bool is_unreserved(char c) {
  return is_ascii_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

}  // namespace

bool is_web_url(std::string_view text) {
  if (text.size() > kMaxUrlBytes || std::ranges::any_of(text, is_space_or_control) ||
      !is_utf8(text)) {
    return false;
  }
  const std::string_view authority = authority_of_url(text);
  // A backslash is a slash to browsers and a character to others: no two agree on the host.
  return !authority.empty() && authority.front() != ':' &&
         authority.find_first_of("@\\") == std::string_view::npos;
}

std::string_view authority_of_url(std::string_view url) {
  const std::string_view rest = after_scheme(url);
  return rest.substr(0, rest.find_first_of("/?#"));
}

std::string_view path_of_url(std::string_view url) {
  const std::string_view rest = after_scheme(url);
  return rest.substr(std::min(rest.size(), rest.find_first_of("/?#")));
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += kHex[byte >> 4U];
      encoded += kHex[byte & 0xfU];
    }
  }
  return encoded;
}

}  // namespace sightingd
