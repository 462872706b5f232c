#pragma once

#include "connectors/http/http_client.h"

namespace sightingd {

/// Follows the redirects of GET and HEAD within the origin only, each hop as a request of its own
/// to the client below, so that it is counted and waits for its turn: what another host answers is
/// no word of this one, and this one's token is not for it. Use it from one strand.
class SameOriginHttpClient final : public HttpClient {
 public:
  /// `http` must outlive the client.
  explicit SameOriginHttpClient(HttpClient& http) : http_(http) {}

  /// Fails as the client below does and besides with Malformed (`reason` "redirects") when an
  /// answer leads to another origin, or more often on than the request allows.
  boost::asio::awaitable<Result<HttpResponse>> send(HttpRequest request) override;

 private:
  HttpClient& http_;
};

}  // namespace sightingd
