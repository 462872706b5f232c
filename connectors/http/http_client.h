#pragma once

#include "pipeline/result.h"
#include "pipeline/time.h"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sightingd {

/// What to fetch, and the most we are willing to spend on it.
struct HttpRequest {
  std::string url;
  std::vector<std::string> headers = {};
  /// Sent as `Authorization: Bearer`, to the URL's own host only, redirects included.
  std::string bearer_token = {};
  std::string method = "GET";
  std::string body = {};
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  std::size_t max_body_bytes = 1 << 20;
  /// With 0 a redirect is not followed but returned as an answer.
  int max_redirects = 5;
};

/// How many requests a server still grants, as one of its answers said.
struct RateLimit {
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> remaining;
  /// Until the window ends, or as `Retry-After` asks; measured against the answer's own `Date`.
  std::optional<std::chrono::milliseconds> wait;

  friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

/// What the server answered, whatever its status.
struct HttpResponse {
  long status = 0;
  std::string body = {};
  /// Names in lower case, values trimmed; of the last response when redirects were followed.
  std::vector<std::pair<std::string, std::string>> headers = {};
  RateLimit rate_limit = {};
  std::optional<TimePoint> date = {};  ///< The server's `Date`.
  std::string final_url = {};
  /// Where the answer leads, when it is a redirect that was not followed; absolute.
  std::string redirect_target = {};

  /// The first header of this (lower-case) name, or an empty view.
  std::string_view header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) {
        return value;
      }
    }
    return {};
  }
};

/// The only way this program reaches the network.
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Fails with Unavailable (`reason` "timeout", "unreachable", "truncated", "garbled", "tls",
  /// "dns", "cancelled") when no whole answer arrives in time, with TooLarge ("too_large") when
  /// the body exceeds its limit, with Forbidden ("address") when the address guard refused to
  /// connect, with Malformed ("redirects", "url"). A 4xx or 5xx answer is a success here.
  /// Cancelling abandons the request.
  virtual boost::asio::awaitable<Result<HttpResponse>> send(HttpRequest request) = 0;

 protected:
  HttpClient() = default;
};

}  // namespace sightingd
