#pragma once

#include "daemon/control/operations.h"
#include "pipeline/result.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <string_view>

namespace sightingd {

/// What operators and their tools read without any right: `/metrics`, `/healthz` (200 while the
/// loop turns), `/readyz` (200, or 503 and the reason) and the status page at `/`, over TCP.
///
/// Lives on one event loop. Destroy it only when stop() has completed or the loop will not run
/// again.
class MetricsEndpoint {
 public:
  /// Listens on "ADDRESS:PORT" ("[::1]:9464" for IPv6; port 0: any free one).
  /// Fails with Unavailable, `reason` "taken", when something else listens there, and with
  /// Malformed when it is no address.
  static Result<std::unique_ptr<MetricsEndpoint>> listen(boost::asio::io_context& loop,
                                                         std::string_view address,
                                                         Operations& operations);
  ~MetricsEndpoint();
  MetricsEndpoint(const MetricsEndpoint&) = delete;
  MetricsEndpoint& operator=(const MetricsEndpoint&) = delete;

  std::uint16_t port() const;

  /// Accepts no more, and completes when the requests in hand have been answered or cut.
  boost::asio::awaitable<void> stop();

 private:
  class Impl;
  explicit MetricsEndpoint(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sightingd
