#pragma once

#include "tests/support/temporary_directory.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>

namespace sightingd::test {

/// The socket on which systemd listens to a service of Type=notify (sd_notify(3)).
class NotifySocket {
 public:
  NotifySocket() : descriptor_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path().c_str(), sizeof(address.sun_path) - 1);
    if (bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      throw std::system_error(errno, std::generic_category(), "cannot make a notify socket");
    }
  }
  ~NotifySocket() { close(descriptor_); }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  std::filesystem::path path() const { return directory_.path() / "notify"; }

  /// The next message; empty when none comes.
  std::string next(std::chrono::milliseconds patience = std::chrono::seconds(30)) const {
    pollfd ready{.fd = descriptor_, .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, static_cast<int>(patience.count())) <= 0) {
      return {};
    }
    std::string message(4096, '\0');
    const ssize_t size = recv(descriptor_, message.data(), message.size(), 0);
    message.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return message;
  }

 private:
  TemporaryDirectory directory_;
  int descriptor_;
};

}  // namespace sightingd::test
