#include "connectors/http/http_url.h"

#include "connectors/http/curl_handle.h"
#include "connectors/http/header_text.h"

#include <idn2.h>

#include <algorithm>
#include <memory>
#include <new>
#include <tuple>

namespace sightingd {
namespace {

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* raw = nullptr;
  if (curl_url_get(url, part, &raw, flags) != CURLUE_OK) {
    return {};
  }
  const CurlText text(raw);
  return text.get();
}

bool is_localhost(std::string_view host) {
  while (host.ends_with('.')) {
    host.remove_suffix(1);
  }
  return host == "localhost" || host.ends_with(".localhost");
}

struct Idn2Delete {
  void operator()(char* text) const { idn2_free(text); }
};

// An international host as it is asked for (UTS 46), in UTF-8 whatever the locale is. libcurl could
// do it too, in the locale's character set; and 7.88 leaks what it cannot map.
std::string ascii_host(const std::string& host) {
  if (std::ranges::all_of(host, [](unsigned char byte) { return byte < 0x80; })) {
    return host;
  }
  char* raw = nullptr;
  if (idn2_to_ascii_8z(host.c_str(), &raw, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK) {
    return {};
  }
  const std::unique_ptr<char, Idn2Delete> mapped(raw);
  return mapped.get();
}

// "10.0.0.1." or full-width digits: no name, and while libcurl reads the URL no address either; a
// proxy is asked for `host`, and may take it for one.
bool hides_address(std::string_view written, std::string_view host) {
  if (written == host && !host.ends_with('.')) {
    return false;  // Then libcurl has looked for an address already.
  }
  while (host.ends_with('.')) {
    host.remove_suffix(1);
  }
  const CurlUrl parsed(curl_url());
  const std::string url = "http://" + std::string(host) + "/";
  return parsed && curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK &&
         parse_ip_address(part_of(parsed.get(), CURLUPART_HOST)).has_value();
}

}  // namespace

std::optional<HttpUrl> HttpUrl::parse(const std::string& text) {
  // libcurl decodes a percent-encoded host after it has looked for numeric addresses, and reads
  // "%32" as "2", but "2" as 0.0.0.2: only a host that is read the same way twice is sure.
  const auto once = parse_once(text);
  const auto twice = once ? parse_once(once->text()) : std::nullopt;
  return twice && twice->has_same_origin(*once) ? twice : std::nullopt;
}

std::optional<HttpUrl> HttpUrl::parse_once(const std::string& text) {
  const CurlUrl parsed(curl_url());
  if (!parsed) {
    throw std::bad_alloc();
  }
  if (text.find('\0') != std::string::npos ||
      curl_url_set(parsed.get(), CURLUPART_URL, text.c_str(), CURLU_URLENCODE) != CURLUE_OK ||
      !part_of(parsed.get(), CURLUPART_USER).empty() ||
      !part_of(parsed.get(), CURLUPART_PASSWORD).empty()) {
    return std::nullopt;
  }
  const std::string written = part_of(parsed.get(), CURLUPART_HOST);
  const std::string host = ascii_host(written);
  const bool is_usable = !host.empty() && !hides_address(written, host);
  if (!is_usable || (host != written &&
                     curl_url_set(parsed.get(), CURLUPART_HOST, host.c_str(), 0) != CURLUE_OK)) {
    return std::nullopt;
  }
  HttpUrl url;
  url.text_ = part_of(parsed.get(), CURLUPART_URL);
  url.scheme_ = part_of(parsed.get(), CURLUPART_SCHEME);
  url.host_ = lower_ascii(host);
  url.port_ = part_of(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  if (url.scheme_ != "http" && url.scheme_ != "https") {
    return std::nullopt;
  }
  return url;
}

bool HttpUrl::has_same_origin(const HttpUrl& other) const {
  return std::tie(scheme_, host_, port_) == std::tie(other.scheme_, other.host_, other.port_);
}

std::string origin_of(const std::string& url) {
  const auto parsed = HttpUrl::parse(url);
  return parsed ? parsed->origin() : std::string();
}

std::optional<IpAddress> HttpUrl::literal_address() const {
  std::string_view host = host_;
  if (is_localhost(host)) {
    return parse_ip_address("127.0.0.1");
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  return parse_ip_address(host.substr(0, host.find('%')));  // Without the zone.
}

}  // namespace sightingd
