#include "sightingctl/transport.h"

#include "sightingctl/programs.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace sightingd {
namespace {

// A connected socket, or -1 and errno.
int connect_unix(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& name = path.native();
  if (name.empty() || name.size() >= sizeof(address.sun_path)) {
    errno = ENAMETOOLONG;
    return -1;
  }
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) {
    return -1;
  }
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    const int error = errno;
    close(descriptor);
    errno = error;
    return -1;
  }
  return descriptor;
}

Failure connect_failure(const std::filesystem::path& socket, int error) {
  if (error == EACCES || error == EPERM) {
    return {ExitCode::NotAllowed,
            "you may not use " + socket.string() + "; ask to be put into the group sightingd."};
  }
  if (error == ENOENT || error == ECONNREFUSED || error == ENOTDIR) {
    return {ExitCode::NoDaemon, "no sightingd answers on " + socket.string() +
                                    "; start it, or name its socket with --socket."};
  }
  return {ExitCode::NoDaemon, "cannot connect to " + socket.string() + ": " +
                                  std::generic_category().message(error) + "."};
}

class DaemonTransport final : public Transport {
 public:
  DaemonTransport(std::filesystem::path socket, int first)
      : socket_(std::move(socket)), first_(first) {}
  ~DaemonTransport() override {
    if (first_ >= 0) {
      close(first_);
    }
  }

  int open() override {
    const int first = std::exchange(first_, -1);
    return first >= 0 ? first : connect_unix(socket_);
  }

  Failure broken(std::string sentence) override {
    return {ExitCode::NoDaemon, "sightingd broke off: " + sentence + "."};
  }

 private:
  std::filesystem::path socket_;
  int first_;
};

class StoreServer final : public Transport {
 public:
  StoreServer(pid_t child, int descriptor) : child_(child), descriptor_(descriptor) {}
  ~StoreServer() override {
    drop_descriptor();
    if (child_ > 0) {
      wait_for(child_);
    }
  }

  int open() override { return std::exchange(descriptor_, -1); }

  // sightingd has said on stderr what is wrong; its exit status says what kind it is.
  Failure broken(std::string sentence) override {
    drop_descriptor();
    const int status = child_ > 0 ? wait_for(std::exchange(child_, -1)) : 0;
    constexpr int kStoreFailed = 74;
    constexpr int kStoreLocked = 75;
    constexpr int kConfiguration = 78;
    if (status == kStoreFailed || status == kStoreLocked || status == kConfiguration) {
      return {ExitCode::NoStore, "the store cannot be opened; sightingd says why above."};
    }
    return {ExitCode::Bug, "sightingd --serve-store ended with status " + std::to_string(status) +
                               ": " + sentence + "."};
  }

 private:
  void drop_descriptor() {
    if (descriptor_ >= 0) {
      close(std::exchange(descriptor_, -1));
    }
  }

  pid_t child_;
  int descriptor_;
};

}  // namespace

Outcome<std::unique_ptr<Transport>> connect_to_daemon(const std::filesystem::path& socket) {
  const int descriptor = connect_unix(socket);
  if (descriptor < 0) {
    return connect_failure(socket, errno);
  }
  return std::unique_ptr<Transport>(std::make_unique<DaemonTransport>(socket, descriptor));
}

Outcome<std::unique_ptr<Transport>> start_store_server(const std::filesystem::path& config) {
  const auto program = find_program("sightingd");
  if (!program) {
    return program.error();
  }
  int ends[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return Failure{ExitCode::Bug,
                   "cannot make a socket pair: " + std::generic_category().message(errno) + "."};
  }
  const auto child = start_program(
      *program, {"--serve-store", "--config", config.string(), "--control-fd", "3"}, ends[1]);
  close(ends[1]);
  if (!child) {
    close(ends[0]);
    return child.error();
  }
  return std::unique_ptr<Transport>(std::make_unique<StoreServer>(*child, ends[0]));
}

}  // namespace sightingd
