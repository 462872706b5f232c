#include "config/text/forms.h"

#include "connectors/http/address_guard.h"
#include "connectors/text/ascii.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace sightingd {
namespace {

/// RFC 1035, 2.3.4.
constexpr std::size_t kLongestHost = 253;
constexpr std::size_t kLongestLabel = 63;
/// LOGIN_NAME_MAX of Linux, which bounds group names as well.
constexpr std::size_t kLongestGroup = 255;
constexpr std::size_t kLongestContact = 200;
/// NAME_MAX of Linux.
constexpr std::size_t kLongestFileName = 255;

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), ascii_lower);
  return result;
}

/// a-z, 0-9 and '-'.
bool is_label_letter(char letter) {
  return letter == '-' || (is_ascii_alphanumeric(letter) && ascii_lower(letter) == letter);
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel && label.front() != '-' &&
         label.back() != '-' && std::ranges::all_of(label, is_label_letter);
}

bool is_host_name(std::string_view host) {
  if (host.size() > kLongestHost) {
    return false;
  }
  for (std::size_t begin = 0;;) {
    const std::size_t dot = host.find('.', begin);
    const std::string_view label = host.substr(begin, dot - begin);
    if (!is_label(label)) {
      return false;
    }
    if (dot == std::string_view::npos) {
      // A name whose last label looks like a number is an address, and only the plain
      // spelling of one is taken (WHATWG URL, "ends in a number").
      return !std::ranges::all_of(label, is_ascii_digit) && !label.starts_with("0x");
    }
    begin = dot + 1;
  }
}

bool is_literal(std::string_view host, bool is_v6) {
  const std::optional<IpAddress> address = parse_ip_address(host);
  return address && address->is_v6 == is_v6;
}

bool is_port(std::string_view text, std::uint16_t least) {
  std::uint16_t port = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && stop == text.data() + text.size() && port >= least;
}

struct HostAndPort {
  std::string_view host;
  std::string_view port;
  bool is_bracketed = false;
  bool has_port = false;
};

/// Splits "host:port", "[v6]:port" and both without the port; checks neither.
std::optional<HostAndPort> split_host(std::string_view text) {
  HostAndPort result;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    result.is_bracketed = true;
    result.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const std::size_t end = std::min(text.find(':'), text.size());
    result.host = text.substr(0, end);
    rest = text.substr(end);
  }
  if (!rest.empty() && rest.front() != ':') {
    return std::nullopt;
  }
  result.has_port = !rest.empty();
  result.port = result.has_port ? rest.substr(1) : rest;
  return result;
}

std::string_view own_port(std::string_view scheme) {
  return scheme == "https" ? "443" : scheme == "http" ? "80" : "";
}

/// Visible ASCII that neither ends nor nests a header comment.
bool is_header_comment(std::string_view text) {
  return std::ranges::all_of(text, [](char letter) {
    return letter > ' ' && letter < '\x7F' && letter != '(' && letter != ')' && letter != '\\';
  });
}

template <std::size_t count>
std::optional<Origin> origin_of(std::string_view text,
                                const std::array<std::string_view, count>& schemes) {
  std::optional<Origin> origin = parse_origin(text);
  if (origin && std::ranges::find(schemes, origin->scheme) == schemes.end()) {
    return std::nullopt;
  }
  return origin;
}

}  // namespace

std::optional<std::string> normalize_name(std::string_view text) {
  const bool is_name =
      !text.empty() && text.size() <= kLongestName && std::ranges::all_of(text, is_label_letter);
  return is_name ? std::optional<std::string>(text) : std::nullopt;
}

std::optional<Origin> parse_origin(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0) {
    return std::nullopt;
  }
  Origin origin;
  origin.scheme = lower_case(text.substr(0, colon));
  std::string_view authority = text.substr(colon + 3);
  if (authority.ends_with('/')) {
    authority.remove_suffix(1);
  }
  const std::optional<HostAndPort> parts = split_host(authority);
  if (!parts || (parts->has_port && !is_port(parts->port, 1))) {
    return std::nullopt;
  }
  origin.host = lower_case(parts->host);
  origin.port = parts->port;
  const bool is_host = parts->is_bracketed
                           ? is_literal(origin.host, true)
                           : is_literal(origin.host, false) || is_host_name(origin.host);
  return is_host ? std::optional<Origin>(std::move(origin)) : std::nullopt;
}

std::string to_text(const Origin& origin) {
  const bool is_v6 = origin.host.find(':') != std::string::npos;
  std::string text = origin.scheme + "://" + (is_v6 ? '[' + origin.host + ']' : origin.host);
  return origin.port.empty() ? text : text + ':' + origin.port;
}

std::optional<std::string> normalize_url(std::string_view text) {
  std::optional<Origin> origin = origin_of(text, std::array<std::string_view, 2>{"https", "http"});
  if (!origin) {
    return std::nullopt;
  }
  if (origin->port == own_port(origin->scheme)) {
    origin->port.clear();
  }
  return to_text(*origin);
}

std::optional<std::string> normalize_proxy(std::string_view text) {
  if (text.empty()) {
    return "";
  }
  const std::optional<Origin> origin =
      origin_of(text, std::array<std::string_view, 4>{"http", "https", "socks5", "socks5h"});
  return origin ? std::optional<std::string>(to_text(*origin)) : std::nullopt;
}

std::optional<std::string> normalize_listen(std::string_view text) {
  if (text.empty()) {
    return "";
  }
  const std::optional<HostAndPort> parts = split_host(text);
  const bool is_address = parts && is_literal(parts->host, parts->is_bracketed) &&
                          parts->has_port && is_port(parts->port, 0);
  return is_address ? std::optional<std::string>(text) : std::nullopt;
}

std::optional<std::string> normalize_contact(std::string_view text) {
  constexpr std::string_view kMail = "mailto:";
  constexpr std::string_view kWeb = "https://";
  const bool is_mail =
      text.starts_with(kMail) && text.find('@') > kMail.size() && text.find('@') < text.size() - 1;
  const bool is_web = text.starts_with(kWeb) && text.size() > kWeb.size();
  const bool is_contact =
      (is_mail || is_web) && text.size() <= kLongestContact && is_header_comment(text);
  return is_contact ? std::optional<std::string>(text) : std::nullopt;
}

std::optional<std::string> normalize_group(std::string_view text) {
  const bool is_group =
      !text.empty() && text.size() <= kLongestGroup && std::ranges::all_of(text, [](char letter) {
        return static_cast<unsigned char>(letter) > ' ' && letter != '\x7F' && letter != ':' &&
               letter != ',' && letter != '/';
      });
  return is_group ? std::optional<std::string>(text) : std::nullopt;
}

std::optional<std::string> normalize_network(std::string_view text) {
  return parse_ip_network(text) ? std::optional<std::string>(text) : std::nullopt;
}

std::optional<std::string> normalize_credential(std::string_view text) {
  const bool is_file_name = !text.empty() && text.size() <= kLongestFileName && text != "." &&
                            text != ".." && text.find('/') == std::string_view::npos &&
                            text.find('\0') == std::string_view::npos;
  return is_file_name ? std::optional<std::string>(text) : std::nullopt;
}

}  // namespace sightingd
