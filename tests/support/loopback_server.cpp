#include "tests/support/loopback_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <thread>

namespace sightingd::test {
namespace asio = boost::asio;
namespace {

using asio::ip::tcp;

constexpr auto kDripPause = std::chrono::milliseconds(100);
const std::string kGarbage = "\x16\x03\x01 this is not HTTP\r\n\r\n";

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

// Takes the text up to the next `end`, which is dropped.
std::string_view take_until(std::string_view& rest, std::string_view end) {
  const auto size = std::min(rest.find(end), rest.size());
  const auto taken = rest.substr(0, size);
  rest.remove_prefix(std::min(size + end.size(), rest.size()));
  return taken;
}

LoopbackRequest parse_head(std::string_view head) {
  LoopbackRequest request;
  auto first_line = take_until(head, "\r\n");
  request.method = take_until(first_line, " ");
  request.target = take_until(first_line, " ");
  while (!head.empty()) {
    auto line = take_until(head, "\r\n");
    if (line.empty()) {
      break;
    }
    const auto name = take_until(line, ":");
    request.headers.emplace_back(lower_case(name), trim(line));
  }
  return request;
}

std::size_t body_size(const LoopbackRequest& request) {
  const auto text = request.header("content-length");
  std::size_t size = 0;
  std::from_chars(text.data(), text.data() + text.size(), size);
  return size;
}

std::string head_of(const LoopbackAnswer& answer) {
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " Scripted\r\n";
  for (const auto& header : answer.headers) {
    head += header + "\r\n";
  }
  if (answer.status != 204 && answer.status != 304) {
    head += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
  }
  return head + "\r\n";
}

// The text must outlive the call: g++ 12 frees a temporary in a co_await argument twice.
asio::awaitable<void> write(tcp::socket& socket, const std::string& text) {
  co_await asio::async_write(socket, asio::buffer(text), asio::use_awaitable);
}

asio::awaitable<void> drip(tcp::socket& socket, const std::string& text) {
  asio::steady_timer timer(socket.get_executor());
  for (const char& byte : text) {
    co_await asio::async_write(socket, asio::buffer(&byte, 1), asio::use_awaitable);
    timer.expires_after(kDripPause);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

// With a linger of zero, closing sends RST.
void reset(tcp::socket& socket) {
  socket.set_option(asio::socket_base::linger(true, 0));
  socket.close();
}

}  // namespace

std::string_view LoopbackRequest::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

std::string_view LoopbackRequest::header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const auto& header) { return header.first == name; });
  return found == headers.end() ? std::string_view() : found->second;
}

LoopbackAnswer redirect_to(std::string location, int status) {
  LoopbackAnswer answer;
  answer.status = status;
  answer.headers = {"Location: " + std::move(location)};
  return answer;
}

class LoopbackServer::Impl {
 public:
  explicit Impl(const std::string& address)
      : acceptor_(io_, {asio::ip::make_address(address), 0}),
        origin_("http://" + address + ":" + std::to_string(acceptor_.local_endpoint().port())) {
    asio::co_spawn(io_, accept(), asio::detached);
    thread_ = std::thread([this] { io_.run(); });
  }

  ~Impl() {
    io_.stop();
    thread_.join();
  }

  void answer(std::string target, std::vector<LoopbackAnswer> answers) {
    const std::lock_guard lock(mutex_);
    scripts_.insert_or_assign(std::move(target), Script{std::move(answers)});
  }

  void answer_others(Handler handler) {
    const std::lock_guard lock(mutex_);
    others_ = std::move(handler);
  }

  std::uint16_t port() const { return port_; }
  const std::string& origin() const { return origin_; }

  std::vector<LoopbackRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  std::size_t connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
  }

  std::size_t most_at_once() const {
    const std::lock_guard lock(mutex_);
    return most_at_once_;
  }

 private:
  struct Script {
    std::vector<LoopbackAnswer> answers;
    std::size_t next = 0;
  };

  // Counts one request as being answered for as long as it lives.
  class Answering {
   public:
    explicit Answering(Impl& server) : server_(server) {
      const std::lock_guard lock(server_.mutex_);
      server_.most_at_once_ = std::max(server_.most_at_once_, ++server_.at_once_);
    }
    ~Answering() {
      const std::lock_guard lock(server_.mutex_);
      --server_.at_once_;
    }
    Answering(const Answering&) = delete;
    Answering& operator=(const Answering&) = delete;

   private:
    Impl& server_;
  };

  asio::awaitable<void> accept() {
    for (;;) {
      auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
      socket.set_option(tcp::no_delay(true));
      asio::co_spawn(io_, serve(std::move(socket)), asio::detached);
    }
  }

  // Ends with the exception that a closed connection throws.
  asio::awaitable<void> serve(tcp::socket socket) {
    const std::size_t connection = count_connection();
    std::string buffer;
    for (;;) {
      const auto head_size = co_await asio::async_read_until(socket, asio::dynamic_buffer(buffer),
                                                             "\r\n\r\n", asio::use_awaitable);
      auto request = parse_head(std::string_view(buffer).substr(0, head_size));
      request.connection = connection;
      buffer.erase(0, head_size);
      const std::size_t size = body_size(request);
      if (buffer.size() < size) {
        co_await asio::async_read(socket, asio::dynamic_buffer(buffer),
                                  asio::transfer_exactly(size - buffer.size()),
                                  asio::use_awaitable);
      }
      request.body = buffer.substr(0, size);
      buffer.erase(0, size);
      const bool bodiless = request.method == "HEAD";
      const LoopbackAnswer scripted = arrived(std::move(request));
      const Answering answering(*this);
      co_await reply(socket, scripted, bodiless);
    }
  }

  asio::awaitable<void> reply(tcp::socket& socket, const LoopbackAnswer& answer, bool bodiless) {
    const std::string head = head_of(answer);
    const std::string whole = bodiless ? head : head + answer.body;
    const std::string half = head + answer.body.substr(0, answer.body.size() / 2);
    switch (answer.fault) {
      case Fault::None:
        co_await write(socket, whole);
        break;
      case Fault::Silence: {
        asio::steady_timer never(io_, asio::steady_timer::time_point::max());
        co_await never.async_wait(asio::use_awaitable);
        break;
      }
      case Fault::Empty:
        socket.close();
        break;
      case Fault::Reset:
        co_await write(socket, half);
        reset(socket);
        break;
      case Fault::Truncate:
        co_await write(socket, half);
        socket.close();
        break;
      case Fault::SlowDrip:
        co_await write(socket, head);
        co_await drip(socket, answer.body);
        break;
      case Fault::Garbage:
        co_await write(socket, kGarbage);
        socket.close();
        break;
    }
  }

  std::size_t count_connection() {
    const std::lock_guard lock(mutex_);
    return ++connections_;
  }

  LoopbackAnswer arrived(LoopbackRequest request) {
    Handler others;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
      if (const auto script = scripts_.find(request.target); script != scripts_.end()) {
        auto& [answers, next] = script->second;
        const std::size_t turn = next;
        next = std::min(next + 1, answers.size() - 1);
        return answers.at(turn);
      }
      others = others_;
    }
    return others ? others(request) : LoopbackAnswer{.status = 404};
  }

  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  const std::uint16_t port_{acceptor_.local_endpoint().port()};
  const std::string origin_;
  mutable std::mutex mutex_;
  std::map<std::string, Script> scripts_;
  Handler others_;
  std::vector<LoopbackRequest> requests_;
  std::size_t connections_ = 0;
  std::size_t at_once_ = 0;
  std::size_t most_at_once_ = 0;
  std::thread thread_;
};

LoopbackServer::LoopbackServer(const std::string& address)
    : impl_(std::make_unique<Impl>(address)) {}

LoopbackServer::~LoopbackServer() = default;

void LoopbackServer::answer(std::string target, std::vector<LoopbackAnswer> answers) {
  impl_->answer(std::move(target), std::move(answers));
}

void LoopbackServer::answer(std::string target, LoopbackAnswer answer) {
  impl_->answer(std::move(target), {std::move(answer)});
}

void LoopbackServer::answer(std::string target, std::string body) {
  LoopbackAnswer answer;
  answer.body = std::move(body);
  impl_->answer(std::move(target), {std::move(answer)});
}

void LoopbackServer::answer_others(Handler handler) { impl_->answer_others(std::move(handler)); }

std::uint16_t LoopbackServer::port() const { return impl_->port(); }

std::string LoopbackServer::origin() const { return impl_->origin(); }

std::vector<LoopbackRequest> LoopbackServer::requests() const { return impl_->requests(); }

std::size_t LoopbackServer::requests_for(std::string_view target) const {
  const auto all = requests();
  return static_cast<std::size_t>(std::count_if(
      all.begin(), all.end(), [&](const auto& request) { return request.target == target; }));
}

std::size_t LoopbackServer::connections() const { return impl_->connections(); }

std::size_t LoopbackServer::most_at_once() const { return impl_->most_at_once(); }

}  // namespace sightingd::test
