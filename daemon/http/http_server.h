#pragma once

#include "daemon/http/message.h"
#include "pipeline/result.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace sightingd {

/// What answers the requests of an HttpServer. Called on its event loop.
class HttpService {
 public:
  virtual ~HttpService() = default;

  HttpService(const HttpService&) = delete;
  HttpService& operator=(const HttpService&) = delete;

  /// What the request whose head this is gets instead of an answer, before its body is read;
  /// nothing when it may go on.
  virtual std::optional<Answer> refusal(const InboundRequest& head) const = 0;

  /// The largest body that is read for this request; a larger one is answered with 413.
  virtual std::size_t max_body_bytes(std::string_view method, const Target& target) const = 0;

  /// True for a caller that is let in when the others have taken every place that is theirs.
  virtual bool is_trusted(const Peer& peer) const = 0;

  /// Asked only what refusal() lets pass. Cancelled when the deadline has passed; then the reader
  /// gets a 503.
  virtual boost::asio::awaitable<Answer> answer(InboundRequest request) = 0;

 protected:
  HttpService() = default;
};

/// How much the clients may cost. One connection more than there is a place for takes that of the
/// one that has been idle for longest; when none is idle it is closed at once.
struct HttpServerOptions {
  std::size_t max_connections = 32;
  std::size_t max_per_user = 8;      ///< Of one user that is not trusted, over a Unix socket.
  std::size_t kept_for_trusted = 0;  ///< Of max_connections.
  /// Streams that are sent at a time; one more is answered with 503. Fewer than connections, as a
  /// stream may stay for ever. Callers that are trusted may have as many again.
  std::size_t max_streams = 16;
  /// Bodies above kSmallBody that are held at a time; one more is answered with 503. Callers that
  /// are trusted may send as many again.
  std::size_t max_large_bodies = 2;
  /// Answers above kSmallBody that are being sent, together; what exceeds it is answered with 503,
  /// unless it is the only one.
  std::size_t max_answer_bytes = 64 << 20;
  std::chrono::milliseconds idle = std::chrono::seconds(60);     ///< Between two requests.
  std::chrono::milliseconds receive = std::chrono::seconds(30);  ///< For a whole request.
  std::chrono::milliseconds answer = std::chrono::seconds(60);   ///< For making the answer.
  std::chrono::milliseconds send = std::chrono::seconds(60);     ///< For sending it.
  /// For one part of a stream: longer, because a reader may work on what it has read.
  std::chrono::milliseconds send_part = std::chrono::minutes(10);
  std::chrono::milliseconds stop = std::chrono::seconds(2);  ///< For what is in hand at stop().
};

/// An HTTP/1.1 server for few, trusted-to-be-slow, not-trusted-to-be-correct clients.
///
/// Lives on one event loop. Sessions hold what they need of it, so it may be destroyed at any
/// time; the service must live until stop() has completed or the loop will not run again.
class HttpServer {
 public:
  static constexpr std::size_t kSmallBody = 64 << 10;

  HttpServer(boost::asio::io_context& loop, HttpService& service, HttpServerOptions options = {});
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Accepts connections on a listening Unix stream socket, which becomes the server's.
  Result<void> accept_unix(int descriptor);
  /// Serves one connected Unix stream socket, which becomes the server's.
  Result<void> serve_unix(int descriptor);
  /// Listens on "ADDRESS:PORT" or "[ADDRESS]:PORT" and returns the port.
  /// Fails with Unavailable, `reason` "taken", and with Malformed when it is no such text.
  Result<std::uint16_t> listen_tcp(std::string_view address);

  /// Completes when no connection is left and no more can come.
  boost::asio::awaitable<void> finished();
  /// Accepts no more, lets what is in hand be answered within the limit, cuts the rest, and
  /// completes when nothing is left.
  boost::asio::awaitable<void> stop();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;  ///< Shared with the sessions and the acceptors.
};

}  // namespace sightingd
