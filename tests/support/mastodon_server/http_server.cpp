#include "tests/support/mastodon_server/http_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <stdexcept>
#include <system_error>

namespace sightingd::test::mastodon {
namespace {

constexpr std::size_t kMaxHead = 64 << 10;
constexpr std::size_t kMaxBody = 16 << 20;
constexpr std::size_t kDripBytes = 3;
constexpr std::chrono::milliseconds kDripPause{100};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const int lower = c | 0x20;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string percent_decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string_view::npos
             ? std::string_view{}
             : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

void take_target_apart(Request& request) {
  const std::string_view target = request.target;
  const auto mark = target.find('?');
  request.path = percent_decoded(target.substr(0, mark), false);
  if (mark == std::string_view::npos) {
    return;
  }
  std::string_view rest = target.substr(mark + 1);
  while (!rest.empty()) {
    const auto piece = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), piece.size() + 1));
    const auto equals = piece.find('=');
    const auto value =
        equals == std::string_view::npos ? std::string_view{} : piece.substr(equals + 1);
    request.parameters.emplace_back(percent_decoded(piece.substr(0, equals), true),
                                    percent_decoded(value, true));
  }
}

// `head` is everything before the empty line. Nothing when it is not HTTP.
std::optional<Request> parse_head(std::string_view head) {
  const auto line = head.substr(0, head.find("\r\n"));
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first) {
    return std::nullopt;
  }
  Request request{.method = std::string(line.substr(0, first)),
                  .target = std::string(line.substr(first + 1, last - first - 1)),
                  .path = {}};
  take_target_apart(request);
  for (auto rest = head.substr(std::min(head.size(), line.size() + 2)); !rest.empty();) {
    const auto field = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(std::min(rest.size(), field.size() + 2));
    if (const auto colon = field.find(':'); colon != std::string_view::npos) {
      request.headers.emplace_back(lower(field.substr(0, colon)), trimmed(field.substr(colon + 1)));
    }
  }
  return request;
}

std::string_view header(const Request& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) {
      return value;
    }
  }
  return {};
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// Head and body in one system call where the socket takes both.
bool send_both(int socket, std::string_view head, std::string_view body) {
  std::array<iovec, 2> parts{{{const_cast<char*>(head.data()), head.size()},
                              {const_cast<char*>(body.data()), body.size()}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  const auto sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  if (sent < 0) {
    return false;
  }
  const auto done = static_cast<std::size_t>(sent);
  return done < head.size() ? send_all(socket, head.substr(done)) && send_all(socket, body)
                            : send_all(socket, body.substr(done - head.size()));
}

void drip(int socket, std::string_view bytes) {
  const auto end = std::chrono::steady_clock::now() + HttpServer::kDripTime;
  while (!bytes.empty() && std::chrono::steady_clock::now() < end) {
    if (!send_all(socket, bytes.substr(0, kDripBytes))) {
      return;
    }
    bytes.remove_prefix(std::min(bytes.size(), kDripBytes));
    std::this_thread::sleep_for(kDripPause);
  }
}

// The next close() sends a reset instead of an orderly end.
void arm_reset(int socket) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

std::string head_of(const Answer& answer, std::size_t body_size) {
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) +
                     " Answer\r\nDate: " + http_date() +
                     "\r\nContent-Type: " + answer.content_type +
                     "\r\nContent-Length: " + std::to_string(body_size) + "\r\n";
  for (const auto& [name, value] : answer.headers) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  return head += "\r\n";
}

// True when the connection may serve another request.
bool deliver(int socket, const Request& request, const Answer& answer) {
  const std::string_view whole = answer.body ? std::string_view(*answer.body) : std::string_view();
  const auto head = head_of(answer, whole.size());
  const auto body = request.method == "HEAD" ? std::string_view() : whole;
  switch (answer.delivery) {
    case Delivery::Whole:
      return send_both(socket, head, body) && header(request, "connection") != "close";
    case Delivery::Truncated:
      send_both(socket, head, body.substr(0, body.size() / 2));
      return false;
    case Delivery::Reset:
      send_both(socket, head, body.substr(0, body.size() / 2));
      arm_reset(socket);
      return false;
    case Delivery::Dripped:
      if (send_all(socket, head)) {
        drip(socket, body);
      }
      return false;
  }
  return false;
}

// Reads requests from one socket.
class RequestReader {
 public:
  explicit RequestReader(int socket) : socket_(socket) {}

  // Nothing at the end of the connection, or on what is not HTTP.
  std::optional<Request> next() {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (buffer_.size() > kMaxHead || !read_more()) {
        return std::nullopt;
      }
    }
    auto request = parse_head(std::string_view(buffer_).substr(0, end));
    buffer_.erase(0, end + 4);
    if (!request || !read_body(*request)) {
      return std::nullopt;
    }
    return request;
  }

 private:
  bool read_body(Request& request) {
    const auto text = header(request, "content-length");
    std::size_t size = 0;
    std::from_chars(text.data(), text.data() + text.size(), size);
    if (size > kMaxBody) {
      return false;
    }
    while (buffer_.size() < size) {
      if (!read_more()) {
        return false;
      }
    }
    request.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return true;
  }

  bool read_more() {
    std::array<char, 16 << 10> bytes{};
    const auto count = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (count <= 0) {
      return false;
    }
    buffer_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
  }

  int socket_;
  std::string buffer_;
};

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

std::optional<std::string> Request::parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) {
      return value;
    }
  }
  return std::nullopt;
}

Answer answer_of(int status, std::string body) {
  Answer answer;
  answer.status = status;
  answer.body = std::make_shared<const std::string>(std::move(body));
  return answer;
}

HttpServer::HttpServer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || ::bind(listener_, name, size) != 0 || ::listen(listener_, SOMAXCONN) != 0 ||
      ::getsockname(listener_, name, &size) != 0) {
    fail("cannot listen on 127.0.0.1");
  }
  port_ = ntohs(address.sin_port);
}

HttpServer::~HttpServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    for (const int socket : open_) {
      ::shutdown(socket, SHUT_RDWR);
    }
  }
  if (acceptor_.joinable()) {
    acceptor_.join();
  }
  std::unique_lock lock(mutex_);
  all_closed_.wait(lock, [this] { return open_.empty(); });
  ::close(listener_);
}

void HttpServer::start(Handler handler) {
  handler_ = std::move(handler);
  acceptor_ = std::thread([this] { accept_all(); });
}

std::size_t HttpServer::connections() const {
  const std::lock_guard lock(mutex_);
  return accepted_;
}

void HttpServer::accept_all() {
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0 && (errno == EINTR || errno == ECONNABORTED)) {
      continue;
    }
    if (socket < 0) {
      return;  // The destructor shut the listener down.
    }
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      ::close(socket);
      return;
    }
    ++accepted_;
    open_.insert(socket);
    std::thread([this, socket] { serve(socket); }).detach();
  }
}

void HttpServer::serve(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  RequestReader reader(socket);
  for (bool more = true; more;) {
    const auto request = reader.next();
    more = request && deliver(socket, *request, handler_(*request));
  }
  // Closed under the lock, so that the destructor never shuts down a number that was reused.
  const std::lock_guard lock(mutex_);
  ::close(socket);
  open_.erase(socket);
  all_closed_.notify_all();
}

}  // namespace sightingd::test::mastodon
