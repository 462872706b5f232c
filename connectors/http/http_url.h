#pragma once

#include "connectors/http/address_guard.h"

#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// An absolute http or https URL without user name and password.
class HttpUrl {
 public:
  /// Reads it as libcurl does, so that both see the same host: numeric IPv4 hosts of any
  /// spelling become dotted-decimal, international names ASCII (UTS 46), what a URL may not hold is
  /// percent-encoded. Nothing on anything else.
  static std::optional<HttpUrl> parse(const std::string& text);

  const std::string& text() const { return text_; }
  bool is_encrypted() const { return scheme_ == "https"; }

  /// Scheme, host and port are the same.
  bool has_same_origin(const HttpUrl& other) const;
  /// "https://host:443".
  std::string origin() const { return scheme_ + "://" + host_ + ":" + port_; }

  /// The host as an address, when it is one in the URL already or stands for this machine
  /// ("localhost" and what ends with it, RFC 6761 section 6.3).
  std::optional<IpAddress> literal_address() const;

 private:
  HttpUrl() = default;

  static std::optional<HttpUrl> parse_once(const std::string& text);

  std::string text_;
  std::string scheme_;
  std::string host_;  // In lower case, international names as "xn--"; so it is in `text_`.
  std::string port_;
};

/// HttpUrl::origin() of `url`; empty when it is no URL.
std::string origin_of(const std::string& url);

}  // namespace sightingd
