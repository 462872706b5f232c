#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace sightingd::test {

struct RawReply {
  int status = 0;
  std::string head;
  std::string body;    ///< Chunks joined.
  bool whole = false;  ///< The body came to its own end.
};

/// A client that sends exactly what it is told and blocks until the answer is there: what servers
/// are tested with instead of the clients that they are made for.
class RawHttp {
 public:
  static RawHttp over_unix(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    return RawHttp(AF_UNIX, address);
  }
  static RawHttp over_tcp(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return RawHttp(AF_INET, address);
  }
  /// Takes a connected socket over.
  explicit RawHttp(int descriptor) : descriptor_(descriptor) {}
  ~RawHttp() {
    if (descriptor_ >= 0) {
      close(descriptor_);
    }
  }
  RawHttp(RawHttp&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), read_(std::move(other.read_)) {}
  RawHttp(const RawHttp&) = delete;
  RawHttp& operator=(const RawHttp&) = delete;

  RawReply ask(const std::string& method, const std::string& target, const std::string& body = {}) {
    write(method + " " + target + " HTTP/1.1\r\nHost: x\r\nContent-Length: " +
          std::to_string(body.size()) + "\r\n\r\n" + body);
    return reply(method == "HEAD");
  }

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        return;  // The server has refused the rest; its answer says why.
      }
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  RawReply reply(bool only_head = false) {
    RawReply reply;
    reply.head = head();
    if (reply.head.size() > 12) {
      reply.status = std::stoi(reply.head.substr(9, 3));
    }
    if (only_head) {
      reply.whole = true;
    } else if (reply.head.find("chunked") != std::string::npos) {
      while (auto part = chunk()) {
        reply.body += *part;
        reply.whole = part->empty();
      }
    } else {
      const std::size_t at = reply.head.find("Content-Length: ");
      const std::size_t size = at == std::string::npos ? 0 : std::stoul(reply.head.substr(at + 16));
      reply.whole = fill(size);
      reply.body = take(std::min(size, read_.size()));
    }
    return reply;
  }

  /// The status line and the fields; empty when the server closed instead.
  std::string head() {
    std::size_t end = std::string::npos;
    while ((end = read_.find("\r\n\r\n")) == std::string::npos && receive()) {
    }
    return end == std::string::npos ? std::string() : take(end + 4);
  }

  /// The next chunk, empty for the last one; nothing after it, or when the server closed.
  std::optional<std::string> chunk() {
    std::size_t end = std::string::npos;
    while ((end = read_.find("\r\n")) == std::string::npos) {
      if (done_ || !receive()) {
        return std::nullopt;
      }
    }
    const std::string line = take(end + 2);
    std::size_t size = 0;
    std::from_chars(line.data(), line.data() + line.size(), size, 16);
    if (!fill(size + 2)) {
      return std::nullopt;
    }
    done_ = size == 0;
    return take(size + 2).substr(0, size);
  }

  /// True when the server closes the connection without a further byte.
  bool is_closed() { return read_.empty() && !receive(); }

 private:
  template <typename Address>
  RawHttp(int family, const Address& address) : descriptor_(socket(family, SOCK_STREAM, 0)) {
    if (connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      throw std::runtime_error("cannot connect");
    }
  }

  bool receive() {
    char block[4096];
    const ssize_t got = recv(descriptor_, block, sizeof(block), 0);
    if (got <= 0) {
      return false;
    }
    read_.append(block, static_cast<std::size_t>(got));
    return true;
  }

  bool fill(std::size_t size) {
    while (read_.size() < size && receive()) {
    }
    return read_.size() >= size;
  }

  std::string take(std::size_t size) {
    std::string taken = read_.substr(0, size);
    read_.erase(0, size);
    return taken;
  }

  int descriptor_;
  std::string read_;
  bool done_ = false;
};

}  // namespace sightingd::test
