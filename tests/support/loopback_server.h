#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sightingd::test {

/// A request as it arrived.
struct LoopbackRequest {
  std::string method;
  std::string target;                                        ///< Path and query, as sent.
  std::vector<std::pair<std::string, std::string>> headers;  ///< Names in lower case.
  std::string body;
  std::size_t connection = 0;  ///< Which connection it came on, from 1.

  /// The path alone.
  std::string_view path() const;
  /// The first header of this (lower-case) name, or an empty view.
  std::string_view header(std::string_view name) const;
};

/// What goes wrong with an answer.
enum class Fault {
  None,
  Silence,   ///< Nothing is ever sent.
  Empty,     ///< The connection is closed without a byte.
  Reset,     ///< The connection is reset in the middle of the body.
  Truncate,  ///< The connection is closed in the middle of the body.
  SlowDrip,  ///< The body comes a byte at a time, ten a second.
  Garbage,   ///< What comes is not HTTP.
};

struct LoopbackAnswer {
  int status = 200;
  std::string body = {};
  std::vector<std::string> headers = {};  ///< "Name: value"; Content-Length is added.
  Fault fault = Fault::None;
};

/// An answer that sends the client to `location`.
LoopbackAnswer redirect_to(std::string location, int status = 302);

/// An HTTP/1.1 server on a free port, with keep-alive, on a thread of its own.
/// Every method may be called from any thread, whatever the server is doing.
class LoopbackServer {
 public:
  using Handler = std::function<LoopbackAnswer(const LoopbackRequest&)>;

  /// Answers 404 until told otherwise. `address` is one of this machine's.
  explicit LoopbackServer(const std::string& address = "127.0.0.1");
  ~LoopbackServer();

  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  /// Answers requests for `target` (path and query as sent) with each of `answers` in turn, and
  /// with the last one from then on. Replaces what was said before.
  void answer(std::string target, std::vector<LoopbackAnswer> answers);
  void answer(std::string target, LoopbackAnswer answer);
  void answer(std::string target, std::string body);

  /// Answers all other requests. Called on the server's thread, one request at a time.
  void answer_others(Handler handler);

  std::uint16_t port() const;
  /// "http://ADDRESS:PORT".
  std::string origin() const;
  std::string url(std::string_view target) const { return origin() + std::string(target); }

  /// All requests so far, in the order of their arrival.
  std::vector<LoopbackRequest> requests() const;
  /// How many of them were for `target`.
  std::size_t requests_for(std::string_view target) const;
  std::size_t connections() const;
  /// The most requests that were answered or waiting for an answer at the same moment.
  std::size_t most_at_once() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sightingd::test
