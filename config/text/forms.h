#pragma once

#include <optional>
#include <string>
#include <string_view>

/// The forms that texts in the configuration take. Each function gives the form that the program
/// uses, or nothing when `text` is not of that form.
namespace sightingd {

/// [a-z0-9-]{1,40}: fit for a metric label, a table and a file name.
inline constexpr std::size_t kLongestName = 40;
std::optional<std::string> normalize_name(std::string_view text);

/// Scheme, host and port of a URL (RFC 3986).
struct Origin {
  std::string scheme;  ///< In lower case.
  std::string host;    ///< In lower case; an IPv6 address without its brackets.
  std::string port;    ///< Empty: the scheme's own.

  friend bool operator==(const Origin&, const Origin&) = default;
};

/// Reads "SCHEME://HOST[:PORT]" with at most one slash behind it: no user, path, query or fragment.
/// HOST is a name in ASCII (an international one in its xn-- form) or a literal address; the
/// short and hexadecimal spellings of IPv4 that some resolvers accept are not.
std::optional<Origin> parse_origin(std::string_view text);
std::string to_text(const Origin& origin);

/// The origin of an http or https URL, without the scheme's own port and without a slash behind it.
std::optional<std::string> normalize_url(std::string_view text);

/// Empty, or the origin of a proxy that libcurl knows: http, https, socks5 or socks5h.
std::optional<std::string> normalize_proxy(std::string_view text);

/// Empty, or a literal address and a port: "127.0.0.1:9464", "[::1]:9464". Port 0 is any free one.
std::optional<std::string> normalize_listen(std::string_view text);

/// "mailto:" or a web address, fit for the comment of a User-Agent header (RFC 9110, 5.6.5).
std::optional<std::string> normalize_contact(std::string_view text);

/// The name of a Unix group.
std::optional<std::string> normalize_group(std::string_view text);

/// An address or a CIDR.
std::optional<std::string> normalize_network(std::string_view text);

/// The name of a systemd credential, which becomes a file name.
std::optional<std::string> normalize_credential(std::string_view text);

}  // namespace sightingd
