#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace sightingd::test::mastodon {

/// One request as it came, its target taken apart and percent-decoded.
struct Request {
  std::string method;
  std::string target;                                                ///< As sent: path and query.
  std::string path;                                                  ///< Decoded.
  std::vector<std::pair<std::string, std::string>> parameters = {};  ///< Decoded, in order.
  std::vector<std::pair<std::string, std::string>> headers = {};     ///< Names in lower case.
  std::string body = {};

  /// The first parameter of this name.
  std::optional<std::string> parameter(std::string_view name) const;
};

/// How the bytes of an answer are put on the wire.
enum class Delivery : std::uint8_t {
  Whole,
  Truncated,  ///< Half of the body, then the connection is closed.
  Reset,      ///< Half of the body, then a TCP reset.
  Dripped,    ///< A few bytes now and then for `HttpServer::kDripTime`, then closed.
};

/// What the server says. The body is shared, so that large ones are never copied.
struct Answer {
  int status = 200;
  std::string content_type = "application/json; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::shared_ptr<const std::string> body = {};  ///< Absent: an empty body.
  Delivery delivery = Delivery::Whole;
};

/// Makes an answer of a body that nobody shares.
Answer answer_of(int status, std::string body);

/// A small HTTP/1.1 server on a free port of 127.0.0.1, with keep-alive: a thread a connection.
class HttpServer {
 public:
  /// Called from many threads at once.
  using Handler = std::function<Answer(const Request&)>;

  /// Longer than a patient client waits for the next byte, shorter than a test may take.
  static constexpr std::chrono::milliseconds kDripTime{2000};

  /// Listens when the constructor returns; throws std::system_error when it cannot.
  HttpServer();
  /// Breaks off every connection and waits for their threads.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const { return port_; }

  /// Begins to answer. Once.
  void start(Handler handler);

  /// How many connections were accepted so far.
  std::size_t connections() const;

 private:
  void accept_all();
  void serve(int socket);

  Handler handler_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread acceptor_;
  mutable std::mutex mutex_;
  std::condition_variable all_closed_;
  std::set<int> open_;
  std::size_t accepted_ = 0;
  bool stopping_ = false;
};

}  // namespace sightingd::test::mastodon
