#include "sightingctl/transport.h"

#include "sightingctl/programs.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace sightingd {
namespace {

// Nothing when the path is too long for a socket's address.
std::optional<sockaddr_un> unix_address(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& name = path.native();
  if (name.empty() || name.size() >= sizeof(address.sun_path)) {
    return std::nullopt;
  }
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  return address;
}

// Zero when somebody answers at `path`, else the number of the error.
int connect_error(const std::filesystem::path& path) {
  const auto address = unix_address(path);
  if (!address) {
    return ENAMETOOLONG;
  }
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) {
    return errno;
  }
  const int failed =
      connect(descriptor, reinterpret_cast<const sockaddr*>(&*address), sizeof(*address));
  const int error = failed == 0 ? 0 : errno;
  close(descriptor);
  return error;
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
  explicit DaemonTransport(std::filesystem::path socket) : socket_(std::move(socket)) {}

  const std::filesystem::path& socket() const override { return socket_; }
  bool connected() override { return true; }

  Failure broken(std::string sentence) override {
    return {ExitCode::NoDaemon, "sightingd broke off: " + sentence + "."};
  }

 private:
  std::filesystem::path socket_;
};

// A listening socket in a directory that only its owner can enter, and only until it is accepted.
class PrivateListener {
 public:
  PrivateListener() { error_ = open(); }
  ~PrivateListener() { close_all(); }
  PrivateListener(const PrivateListener&) = delete;
  PrivateListener& operator=(const PrivateListener&) = delete;

  // The number of the error that kept it from listening; 0 when it does.
  int error() const { return error_; }
  const std::filesystem::path& path() const { return path_; }

  // The other end of the one connection, the caller's to close; -1 when there is none.
  int accept_once() {
    const int accepted = accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
    close_all();
    return accepted;
  }

 private:
  int open() {
    std::error_code error;
    std::string pattern =
        (std::filesystem::temp_directory_path(error) / "sightingctl-XXXXXX").string();
    if (error) {
      return error.value();
    }
    if (mkdtemp(pattern.data()) == nullptr) {
      return errno;
    }
    directory_ = pattern;
    path_ = directory_ / "socket";
    const auto address = unix_address(path_);
    if (!address) {
      return ENAMETOOLONG;
    }
    descriptor_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool listens =
        descriptor_ >= 0 &&
        bind(descriptor_, reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) == 0 &&
        listen(descriptor_, 1) == 0;
    return listens ? 0 : errno;
  }

  void close_all() {
    if (descriptor_ >= 0) {
      close(std::exchange(descriptor_, -1));
    }
    if (!directory_.empty()) {
      std::error_code ignored;
      std::filesystem::remove_all(std::exchange(directory_, {}), ignored);
    }
  }

  std::filesystem::path directory_;
  std::filesystem::path path_;
  int descriptor_ = -1;
  int error_ = 0;
};

// Debian's libcurl 7.88 connects every socket that it is given, so it cannot be handed one end of a
// socket pair: it connects to a private listener, and sightingd gets the accepted end.
class StoreServer final : public Transport {
 public:
  StoreServer(std::filesystem::path program, std::filesystem::path config,
              std::filesystem::path key, std::filesystem::path daemon)
      : program_(std::move(program)),
        config_(std::move(config)),
        key_(std::move(key)),
        daemon_(std::move(daemon)) {}
  ~StoreServer() override {
    if (child_ > 0) {
      wait_for(child_);
    }
  }

  int listen_error() const { return listener_.error(); }

  const std::filesystem::path& socket() const override { return listener_.path(); }

  bool connected() override {
    if (child_ > 0) {
      return true;
    }
    const int descriptor = listener_.accept_once();
    if (descriptor < 0) {
      return false;
    }
    std::vector<std::string> arguments = {"--serve-store", "--config", config_.string(),
                                          "--control-fd", "3"};
    if (!key_.empty()) {
      arguments.insert(arguments.end(), {"--key", key_.string()});
    }
    const auto child = start_program(program_, arguments, descriptor);
    close(descriptor);
    child_ = child ? *child : -1;
    return child_ > 0;
  }

  // sightingd has said on stderr what is wrong; its exit status says what kind it is.
  Failure broken(std::string sentence) override {
    const int status = child_ > 0 ? wait_for(std::exchange(child_, -1)) : 0;
    constexpr int kStoreFailed = 74;
    constexpr int kStoreLocked = 75;
    constexpr int kConfiguration = 78;
    found_locked_ = status == kStoreLocked;
    if (status == kStoreFailed || status == kStoreLocked || status == kConfiguration) {
      return {ExitCode::NoStore, "the store cannot be opened; sightingd says why above."};
    }
    return {ExitCode::Bug, "sightingd --serve-store ended with status " + std::to_string(status) +
                               ": " + sentence + "."};
  }

  std::unique_ptr<Transport> instead() override {
    if (!found_locked_) {
      return nullptr;
    }
    auto daemon = connect_to_daemon(daemon_);
    return daemon ? std::move(*daemon) : nullptr;
  }

 private:
  PrivateListener listener_;
  std::filesystem::path program_;
  std::filesystem::path config_;
  std::filesystem::path key_;
  std::filesystem::path daemon_;  // Its socket.
  pid_t child_ = -1;
  bool found_locked_ = false;
};

}  // namespace

Outcome<std::unique_ptr<Transport>> connect_to_daemon(const std::filesystem::path& socket) {
  if (const int error = connect_error(socket); error != 0) {
    return connect_failure(socket, error);
  }
  return std::unique_ptr<Transport>(std::make_unique<DaemonTransport>(socket));
}

Outcome<std::unique_ptr<Transport>> start_store_server(const std::filesystem::path& config,
                                                       const std::filesystem::path& key,
                                                       const std::filesystem::path& socket) {
  const auto program = find_program("sightingd");
  if (!program) {
    return program.error();
  }
  auto server = std::make_unique<StoreServer>(*program, config, key, socket);
  if (const int error = server->listen_error(); error != 0) {
    return Failure{ExitCode::Bug, "cannot listen on a private socket below TMPDIR: " +
                                      std::generic_category().message(error) + "."};
  }
  return std::unique_ptr<Transport>(std::move(server));
}

}  // namespace sightingd
