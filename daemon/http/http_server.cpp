#include "daemon/http/http_server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <exception>
#include <functional>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

namespace sightingd {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::local::stream_protocol;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
// Accepting fails only when descriptors or memory run out: try again when some came free.
constexpr std::chrono::milliseconds kAcceptAgain{100};
constexpr std::uint32_t kMaxHeaderBytes = 16 << 10;
// What is still taken from a client that was refused in the middle of its body: closing on unread
// bytes would tear up the answer before the client has read it.
constexpr std::size_t kMaxDrained = 1 << 20;
constexpr std::chrono::seconds kDrainTime{1};

Error socket_error(std::string_view doing, const error_code& error) {
  Error failure{ErrorCode::Unavailable, std::string(doing) + ": " + error.message()};
  if (error == asio::error::address_in_use) {
    failure.reason = "taken";
  }
  return failure;
}

std::vector<gid_t> supplementary_groups(int descriptor) {
  std::vector<gid_t> groups(64);
  for (;;) {
    auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
      groups.resize(size / sizeof(gid_t));
      return groups;
    }
    if (errno != ERANGE || size <= groups.size() * sizeof(gid_t)) {
      return {};
    }
    groups.resize(size / sizeof(gid_t));
  }
}

// Nothing when the kernel does not say, which counts as a stranger.
std::optional<Peer> peer_of(int descriptor) {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return std::nullopt;
  }
  return Peer{credentials.uid, credentials.gid, supplementary_groups(descriptor), credentials.pid};
}

// "127.0.0.1:9464" or "[::1]:9464".
std::optional<asio::ip::tcp::endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
  }
  std::uint16_t port = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  error_code error;
  const auto address = asio::ip::make_address(std::string(host), error);
  if (error || parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size() ||
      address.is_v6() != bracketed) {
    return std::nullopt;
  }
  return asio::ip::tcp::endpoint(address, port);
}

// Who a connection belongs to, as far as it decides about its place.
struct Caller {
  std::optional<uid_t> user;  // Unknown over TCP.
  bool is_trusted = false;
};

// One connection, as the server sees it when it has to end it.
class Connection {
 public:
  explicit Connection(const Caller& caller) : caller_(caller) {}
  virtual ~Connection() = default;

  const Caller& caller() const { return caller_; }
  // Since when it waits for a request; nothing while it has one.
  virtual std::optional<std::chrono::steady_clock::time_point> idle_since() const = 0;

  // Lets an idle connection end, and a busy one finish its answer.
  virtual void end() = 0;
  // Ends it now.
  virtual void cut() = 0;
  // Ends it now, and gives its place away.
  void make_way() {
    has_place_ = false;
    cut();
  }
  bool has_place() const { return has_place_; }

 private:
  const Caller caller_;
  bool has_place_ = true;
};

// A share of what the server gives out, held as long as this lives.
class Share {
 public:
  Share(std::size_t& held, std::size_t size) : held_(held), size_(size) { held_ += size_; }
  ~Share() { held_ -= size_; }
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;

 private:
  std::size_t& held_;
  const std::size_t size_;
};

// Lets the deadline of an answer cancel its coroutine, whichever of the two ends first.
struct Deadline {
  asio::cancellation_signal signal;
  bool passed = false;

  void pass() {
    passed = true;
    signal.emit(asio::cancellation_type::all);
  }
};

}  // namespace

class HttpServer::Impl {
 public:
  Impl(asio::io_context& loop, HttpService& service, HttpServerOptions options)
      : loop_(loop), service_(service), options_(options) {}

  asio::io_context& loop() { return loop_; }

  template <typename Protocol>
  static void accept(std::shared_ptr<Impl> self, typename Protocol::acceptor acceptor) {
    // Shared by the coroutine that accepts and by stop(), which closes it.
    auto shared = std::make_shared<typename Protocol::acceptor>(std::move(acceptor));
    ++self->open_;
    self->close_acceptors_.push_back([shared] {
      error_code ignored;
      shared->close(ignored);
    });
    asio::io_context& loop = self->loop_;
    asio::co_spawn(loop, accept_all<Protocol>(std::move(self), std::move(shared)), rethrow);
  }

  // Serves the connection when there is a place for it, else closes it.
  template <typename Protocol>
  static void admit(std::shared_ptr<Impl> self, typename Protocol::socket socket) {
    std::optional<Peer> peer = peer_at_the_end_of<Protocol>(socket);
    const Caller caller = self->caller_of(peer);
    if (self->find_place(caller)) {
      serve<Protocol>(std::move(self), std::move(socket), std::move(peer), caller);
    }
  }

  template <typename Protocol>
  static void adopt(std::shared_ptr<Impl> self, typename Protocol::socket socket) {
    std::optional<Peer> peer = peer_at_the_end_of<Protocol>(socket);
    const Caller caller = self->caller_of(peer);
    serve<Protocol>(std::move(self), std::move(socket), std::move(peer), caller);
  }

  static asio::awaitable<void> finished(std::shared_ptr<Impl> self) {
    while (self->open_ > 0) {
      co_await self->wait_for_close(asio::steady_timer::time_point::max());
    }
  }

  static asio::awaitable<void> stop(std::shared_ptr<Impl> self) {
    self->stopping_ = true;
    for (const auto& close : self->close_acceptors_) {
      close();
    }
    for (Connection* connection : self->connections_) {
      connection->end();
    }
    const auto limit = std::chrono::steady_clock::now() + self->options_.stop;
    while (self->open_ > 0 && std::chrono::steady_clock::now() < limit) {
      co_await self->wait_for_close(limit);
    }
    for (Connection* connection : self->connections_) {
      connection->cut();
    }
    co_await finished(std::move(self));
  }

 private:
  template <typename Protocol>
  class Session;

  template <typename Protocol>
  static std::optional<Peer> peer_at_the_end_of(typename Protocol::socket& socket) {
    if constexpr (std::is_same_v<Protocol, stream_protocol>) {
      return peer_of(socket.native_handle());
    } else {
      return std::nullopt;
    }
  }

  Caller caller_of(const std::optional<Peer>& peer) const {
    Caller caller;
    if (peer) {
      caller.user = peer->uid;
      caller.is_trusted = service_.is_trusted(*peer);
    }
    return caller;
  }

  // Whether `caller` may connect; the place may be that of an idle connection, which is cut.
  bool find_place(const Caller& caller) {
    if (!caller.is_trusted) {
      const auto is_other = [](const Caller& other) { return !other.is_trusted; };
      const auto is_same = [&](const Caller& other) {
        return is_other(other) && other.user == caller.user;
      };
      if ((caller.user && !make_room(options_.max_per_user, is_same)) ||
          !make_room(options_.max_connections - options_.kept_for_trusted, is_other)) {
        return false;
      }
    }
    return make_room(options_.max_connections, [](const Caller&) { return true; });
  }

  // Whether fewer than `limit` connections of these callers are left, now that one which was idle
  // may have been cut.
  template <typename Predicate>
  bool make_room(std::size_t limit, Predicate counts) {
    std::size_t present = 0;
    Connection* longest_idle = nullptr;
    for (Connection* connection : connections_) {
      if (!connection->has_place() || !counts(connection->caller())) {
        continue;
      }
      ++present;
      const auto since = connection->idle_since();
      if (since && (longest_idle == nullptr || *since < *longest_idle->idle_since())) {
        longest_idle = connection;
      }
    }
    if (present >= limit && longest_idle != nullptr) {
      longest_idle->make_way();
      --present;
    }
    return present < limit;
  }

  template <typename Protocol>
  static void serve(std::shared_ptr<Impl> self, typename Protocol::socket socket,
                    std::optional<Peer> peer, const Caller& caller) {
    // Made here and not in its coroutine, so that it counts before the next one is accepted.
    auto session =
        std::make_unique<Session<Protocol>>(*self, std::move(socket), std::move(peer), caller);
    ++self->open_;
    asio::io_context& loop = self->loop_;
    asio::co_spawn(loop, run_session<Protocol>(std::move(self), std::move(session)), rethrow);
  }

  // An exception is a bug: it leaves through the event loop and ends the program.
  static void rethrow(const std::exception_ptr& error) {
    if (error) {
      std::rethrow_exception(error);
    }
  }

  asio::awaitable<void> wait_for_close(asio::steady_timer::time_point limit) {
    asio::steady_timer timer(loop_, limit);
    waiting_.insert(&timer);
    co_await timer.async_wait(kAwait);
    waiting_.erase(&timer);
  }

  void closed() {
    --open_;
    for (asio::steady_timer* timer : waiting_) {
      timer->cancel();
    }
  }

  template <typename Protocol>
  static asio::awaitable<void> accept_all(std::shared_ptr<Impl> self,
                                          std::shared_ptr<typename Protocol::acceptor> acceptor) {
    while (acceptor->is_open()) {
      auto [error, socket] = co_await acceptor->async_accept(kAwait);
      if (!error) {
        admit<Protocol>(self, std::move(socket));
      } else if (acceptor->is_open()) {
        asio::steady_timer again(self->loop_, kAcceptAgain);
        co_await again.async_wait(kAwait);
      }
    }
    self->closed();
  }

  template <typename Protocol>
  static asio::awaitable<void> run_session(std::shared_ptr<Impl> self,
                                           std::unique_ptr<Session<Protocol>> session) {
    co_await session->run();
    session.reset();
    self->closed();
  }

  asio::io_context& loop_;
  HttpService& service_;
  const HttpServerOptions options_;
  bool stopping_ = false;
  std::size_t open_ = 0;  // Acceptors and sessions.
  std::size_t large_bodies_ = 0;
  std::size_t streams_ = 0;
  std::size_t answer_bytes_ = 0;  // Of large answers.
  std::set<Connection*> connections_;
  std::vector<std::function<void()>> close_acceptors_;
  std::set<asio::steady_timer*> waiting_;
};

/// One connection: reads a request, has it answered, sends the answer, and again.
template <typename Protocol>
class HttpServer::Impl::Session final : public Connection {
 public:
  Session(Impl& server, typename Protocol::socket socket, std::optional<Peer> peer,
          const Caller& caller)
      : Connection(caller), server_(server), stream_(std::move(socket)), peer_(std::move(peer)) {
    server_.connections_.insert(this);
  }
  ~Session() override { server_.connections_.erase(this); }

  asio::awaitable<void> run() {
    while (!server_.stopping_ && co_await exchange()) {
    }
    error_code ignored;
    stream_.socket().shutdown(asio::socket_base::shutdown_both, ignored);
  }

  std::optional<std::chrono::steady_clock::time_point> idle_since() const override {
    return idle_since_;
  }

  void end() override {
    if (idle_since_) {
      error_code ignored;
      stream_.socket().shutdown(asio::socket_base::shutdown_receive, ignored);
    }
  }

  void cut() override {
    stream_.close();
    if (deadline_) {
      deadline_->pass();
    }
  }

 private:
  using Parser = http::request_parser<http::string_body>;

  // One request and its answer; false when the connection is to be closed.
  asio::awaitable<bool> exchange() {
    Parser parser;
    parser.header_limit(kMaxHeaderBytes);
    parser.body_limit(boost::none);  // Decided once the header is known.
    if (!co_await read_header(parser)) {
      co_return false;
    }
    version_ = parser.get().version();
    only_head_ = parser.get().method() == http::verb::head;
    auto target = parse_target({parser.get().target().data(), parser.get().target().size()});
    if (!target) {
      co_return co_await give_up(400, "bad_request", "The request target cannot be understood.");
    }
    InboundRequest request;
    request.method = only_head_ ? "GET" : std::string(parser.get().method_string());
    request.target = std::move(*target);
    request.peer = peer_;

    const bool chunked = parser.chunked();
    const std::uint64_t announced = parser.content_length().value_or(0);
    if (auto refusal = server_.service_.refusal(request)) {
      const bool is_whole = !chunked && announced == 0;
      co_return co_await refuse(std::move(*refusal), is_whole && parser.get().keep_alive());
    }
    const std::size_t limit = server_.service_.max_body_bytes(request.method, request.target);
    if (announced > limit || (chunked && limit == 0)) {
      co_return co_await give_up(413, "too_large", "The body of the request is too large.");
    }
    std::optional<Share> large;
    if (announced > kSmallBody || (chunked && limit > kSmallBody)) {
      if (server_.large_bodies_ >= limit_for_caller(server_.options_.max_large_bodies)) {
        co_return co_await give_up(503, "busy", "Too many files are being sent; try again.");
      }
      large.emplace(server_.large_bodies_, 1);
    }
    parser.body_limit(limit);
    if (!co_await read_body(parser)) {
      co_return false;
    }
    request.body = std::move(parser.get().body());
    const bool keep = parser.get().keep_alive();
    Answer answer = co_await answer_in_time(std::move(request));
    co_return co_await send(std::move(answer), keep);
  }

  asio::awaitable<bool> read_header(Parser& parser) {
    stream_.expires_after(server_.options_.idle);
    idle_since_ = std::chrono::steady_clock::now();
    const auto [error, size] = co_await http::async_read_header(stream_, buffer_, parser, kAwait);
    idle_since_.reset();
    if (!error) {
      co_return true;
    }
    const bool malformed =
        error.category() == http::make_error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message;
    if (malformed) {
      co_await give_up(400, "bad_request", "This is not HTTP/1.1: " + error.message() + ".");
    }
    co_return false;
  }

  asio::awaitable<bool> read_body(Parser& parser) {
    if (parser.is_done()) {
      co_return true;
    }
    stream_.expires_after(server_.options_.receive);
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      http::response<http::empty_body> go_on{http::status::continue_, 11};
      const auto [error, size] = co_await http::async_write(stream_, go_on, kAwait);
      if (error) {
        co_return false;
      }
    }
    const auto [error, size] = co_await http::async_read(stream_, buffer_, parser, kAwait);
    if (error == http::error::body_limit) {
      co_await give_up(413, "too_large", "The body of the request is too large.");
    }
    co_return !error;
  }

  asio::awaitable<Answer> answer_in_time(InboundRequest request) {
    // Shared with the timer, whose handler may be queued when the answer is already there.
    const auto deadline = std::make_shared<Deadline>();
    asio::steady_timer timer(server_.loop_, server_.options_.answer);
    timer.async_wait([deadline](const error_code& error) {
      if (!error) {
        deadline->pass();
      }
    });
    deadline_ = deadline;
    auto [error, answer] =
        co_await asio::co_spawn(server_.loop_, server_.service_.answer(std::move(request)),
                                asio::bind_cancellation_slot(deadline->signal.slot(), kAwait));
    deadline_.reset();
    timer.cancel();
    if (error && !deadline->passed) {
      std::rethrow_exception(error);
    }
    if (error) {
      co_return error_answer(503, "timeout", "The answer took too long; try again later.");
    }
    co_return std::move(answer);
  }

  // Refuses, and ends the connection: who knows what comes next on it.
  asio::awaitable<bool> give_up(unsigned status, std::string_view code, std::string sentence) {
    Answer answer = error_answer(status, code, sentence);
    co_return co_await refuse(std::move(answer), false);
  }

  asio::awaitable<bool> refuse(Answer answer, bool keep) {
    const bool goes_on = co_await send(std::move(answer), keep);
    if (!keep) {
      co_await drain();
    }
    co_return goes_on;
  }

  asio::awaitable<void> drain() {
    error_code ignored;
    stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
    stream_.expires_after(kDrainTime);
    std::vector<char> block(kSmallBody);
    for (std::size_t drained = 0; drained < kMaxDrained;) {
      const auto [error, size] = co_await stream_.async_read_some(asio::buffer(block), kAwait);
      if (error) {
        break;
      }
      drained += size;
    }
  }

  template <typename Body>
  void set_header(http::response<Body>& response, const Answer& answer, bool keep) const {
    response.version(11);
    response.result(answer.status);
    response.set(http::field::content_type, answer.content_type);
    response.set(http::field::cache_control, "no-store");
    response.set("X-Content-Type-Options", "nosniff");
    response.set("Referrer-Policy", "no-referrer");
    response.set("Content-Security-Policy", "default-src 'none'");
    for (const auto& [name, value] : answer.headers) {
      response.set(name, value);
    }
    response.keep_alive(keep);
  }

  asio::awaitable<bool> send(Answer answer, bool keep) {
    keep = keep && !server_.stopping_;
    if (answer.stream != nullptr) {
      co_return co_await send_stream(std::move(answer), keep);
    }
    std::optional<Share> large;
    if (answer.body.size() > kSmallBody && !only_head_) {
      if (!has_room_for(answer.body.size())) {
        answer = error_answer(503, "busy", "Too much is being sent; try again.");
      } else {
        large.emplace(server_.answer_bytes_, answer.body.size());
      }
    }
    http::response<http::string_body> response;
    set_header(response, answer, keep);
    response.body() = std::move(answer.body);
    response.prepare_payload();
    stream_.expires_after(server_.options_.send);
    http::response_serializer<http::string_body> serializer(response);
    if (only_head_) {
      const auto [error, size] = co_await http::async_write_header(stream_, serializer, kAwait);
      co_return !error && keep;
    }
    const auto [error, size] = co_await http::async_write(stream_, serializer, kAwait);
    co_return !error && keep;
  }

  std::size_t limit_for_caller(std::size_t limit) const {
    return caller().is_trusted ? 2 * limit : limit;
  }

  bool has_room_for(std::size_t answer_bytes) const {
    const std::size_t held = server_.answer_bytes_;
    return held == 0 || answer_bytes + held <= server_.options_.max_answer_bytes;
  }

  asio::awaitable<bool> send_stream(Answer answer, bool keep) {
    if (version_ < 11) {
      co_return co_await give_up(505, "bad_request", "A stream needs HTTP/1.1.");
    }
    if (server_.streams_ >= limit_for_caller(server_.options_.max_streams)) {
      co_return co_await give_up(503, "busy", "Too many readers are served; try again.");
    }
    const Share stream(server_.streams_, 1);
    http::response<http::empty_body> response;
    set_header(response, answer, keep);
    response.chunked(true);
    stream_.expires_after(server_.options_.send);
    http::response_serializer<http::empty_body> serializer(response);
    auto [error, size] = co_await http::async_write_header(stream_, serializer, kAwait);
    if (error || only_head_) {
      co_return !error && keep;
    }
    std::string part;
    for (;;) {
      const Result<bool> more = co_await answer.stream->next(part);
      if (!more) {
        co_return false;
      }
      if (!*more) {
        break;
      }
      stream_.expires_after(server_.options_.send_part);
      std::tie(error, size) =
          co_await asio::async_write(stream_, http::make_chunk(asio::buffer(part)), kAwait);
      if (error) {
        co_return false;
      }
    }
    stream_.expires_after(server_.options_.send);
    std::tie(error, size) = co_await asio::async_write(stream_, http::make_chunk_last(), kAwait);
    co_return !error && keep;
  }

  Impl& server_;
  beast::basic_stream<Protocol> stream_;
  beast::flat_buffer buffer_;
  std::optional<Peer> peer_;
  unsigned version_ = 11;
  bool only_head_ = false;
  std::optional<std::chrono::steady_clock::time_point> idle_since_ =
      std::chrono::steady_clock::now();
  std::shared_ptr<Deadline> deadline_;  // Of the answer that is being made.
};

HttpServer::HttpServer(asio::io_context& loop, HttpService& service, HttpServerOptions options)
    : impl_(std::make_shared<Impl>(loop, service, options)) {}

HttpServer::~HttpServer() = default;

Result<void> HttpServer::accept_unix(int descriptor) {
  stream_protocol::acceptor acceptor(impl_->loop());
  error_code error;
  acceptor.assign(stream_protocol(), descriptor, error);
  if (error) {
    return socket_error("cannot accept on the socket", error);
  }
  Impl::accept<stream_protocol>(impl_, std::move(acceptor));
  return {};
}

Result<void> HttpServer::serve_unix(int descriptor) {
  stream_protocol::socket socket(impl_->loop());
  error_code error;
  socket.assign(stream_protocol(), descriptor, error);
  if (error) {
    return socket_error("cannot serve the socket", error);
  }
  Impl::adopt<stream_protocol>(impl_, std::move(socket));
  return {};
}

Result<std::uint16_t> HttpServer::listen_tcp(std::string_view address) {
  const auto endpoint = parse_endpoint(address);
  if (!endpoint) {
    return Error{ErrorCode::Malformed, "'" + std::string(address) + "' is not ADDRESS:PORT"};
  }
  asio::ip::tcp::acceptor acceptor(impl_->loop());
  error_code error;
  acceptor.open(endpoint->protocol(), error);
  if (!error) {
    acceptor.set_option(asio::socket_base::reuse_address(true), error);
  }
  if (!error) {
    acceptor.bind(*endpoint, error);
  }
  if (!error) {
    acceptor.listen(asio::socket_base::max_listen_connections, error);
  }
  if (error) {
    return socket_error("cannot listen on " + std::string(address), error);
  }
  const std::uint16_t port = acceptor.local_endpoint(error).port();
  Impl::accept<asio::ip::tcp>(impl_, std::move(acceptor));
  return port;
}

asio::awaitable<void> HttpServer::finished() { return Impl::finished(impl_); }

asio::awaitable<void> HttpServer::stop() { return Impl::stop(impl_); }

}  // namespace sightingd
