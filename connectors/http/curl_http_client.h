#pragma once

#include "connectors/http/address_guard.h"
#include "connectors/http/http_client.h"
#include "connectors/http/http_options.h"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <memory>
#include <string_view>

namespace sightingd {

/// HttpClient on libcurl, driven by an Asio event loop.
///
/// Keeps connections alive, speaks HTTP/2 over TLS where offered, accepts every content coding
/// of libcurl. At most four connections a host and 32 in all; what is beyond waits, within its
/// own timeout. Connecting may take 10 s, and a transfer that stands still for 20 s is given up.
///
/// Every address is checked by the guard after name resolution, before a connection is made.
/// Through a proxy only addresses that stand in the URL can be checked, and "localhost".
/// No proxy, cookie, password or other setting is taken from the environment.
///
/// Redirects of GET and HEAD are followed to http and https, never from https to http; those of
/// other methods are returned as answers. The bearer token and the request's own `Authorization`
/// and `Cookie` headers stay behind when scheme, host or port change. Over plain http the token
/// is only sent to addresses that the operator has listed: to others the request fails as if
/// the guard had refused it.
///
/// Name resolution is left behind in a thread of libcurl when a request ends before it, so a
/// silent DNS server delays neither a timeout nor the destructor.
class CurlHttpClient final : public HttpClient {
 public:
  /// `executor` must not run handlers concurrently: a single-threaded io_context or a strand.
  /// `version` is the program's, for the User-Agent.
  /// Fails with Malformed when an allowed address is no CIDR.
  static Result<std::unique_ptr<CurlHttpClient>> make(boost::asio::any_io_executor executor,
                                                      const HttpOptions& options,
                                                      std::string_view version);

  /// Requests that are still under way are dropped without an answer: cancel and await them
  /// first, or destroy the coroutines together with the event loop.
  ~CurlHttpClient() override;

  /// Call and cancel it on the executor only. A cancelled request fails with Unavailable,
  /// `reason` "cancelled".
  boost::asio::awaitable<Result<HttpResponse>> send(HttpRequest request) override;

  /// How many connections the guard has refused.
  std::uint64_t refused_addresses() const;

 private:
  class Multi;

  explicit CurlHttpClient(std::unique_ptr<Multi> multi);

  std::unique_ptr<Multi> multi_;
};

}  // namespace sightingd
