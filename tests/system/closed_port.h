#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>

namespace sightingd::test {

/// A port of 127.0.0.1 that refuses every connection: held by a socket that does not listen, so
/// that nobody else can.
class ClosedPort {
 public:
  ClosedPort() : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    if (bind(descriptor_, raw, size) != 0 || getsockname(descriptor_, raw, &size) != 0) {
      throw std::system_error(errno, std::generic_category(), "cannot hold a port");
    }
    port_ = ntohs(address.sin_port);
  }
  ~ClosedPort() { close(descriptor_); }
  ClosedPort(const ClosedPort&) = delete;
  ClosedPort& operator=(const ClosedPort&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "http://" + address(); }

 private:
  int descriptor_;
  std::uint16_t port_ = 0;
};

}  // namespace sightingd::test
