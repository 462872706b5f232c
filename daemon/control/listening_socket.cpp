#include "daemon/control/listening_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

namespace sightingd {
namespace {

// Closes a descriptor unless it is handed on.
class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() {
    if (descriptor_ >= 0) {
      close(descriptor_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return descriptor_; }
  int release() {
    const int descriptor = descriptor_;
    descriptor_ = -1;
    return descriptor;
  }

 private:
  int descriptor_;
};

Error failed(const std::string& doing, int error) {
  return {ErrorCode::Unavailable, doing + ": " + std::generic_category().message(error)};
}

Error taken(const std::filesystem::path& path, const std::string& why) {
  return {ErrorCode::Unavailable, "the control socket " + path.string() + " is taken: " + why,
          "taken"};
}

// Nothing when the path is too long for a socket's address.
std::optional<sockaddr_un> address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& name = path.native();
  if (name.empty() || name.size() >= sizeof(address.sun_path)) {
    return std::nullopt;
  }
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  return address;
}

int new_socket() { return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

// Zero when somebody answers, else the number of the error.
int connect_error(const sockaddr_un& address) {
  const Descriptor probe(new_socket());
  const int done =
      connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  return done == 0 ? 0 : errno;
}

// Removes the socket file when its owner is gone.
Result<void> remove_stale(const std::filesystem::path& path, const sockaddr_un& address) {
  struct stat file {};
  if (lstat(path.c_str(), &file) != 0) {
    return errno == ENOENT ? Result<void>() : failed("cannot look at " + path.string(), errno);
  }
  if (!S_ISSOCK(file.st_mode)) {
    return taken(path, "it is a file of another kind; remove it or configure another path");
  }
  const int error = connect_error(address);
  if (error == 0) {
    return taken(path, "another sightingd answers on it");
  }
  if (error != ECONNREFUSED && error != ENOENT) {
    return taken(path, "it cannot be tried (" + std::generic_category().message(error) + ")");
  }
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    return failed("cannot remove the stale socket " + path.string(), errno);
  }
  return {};
}

// A service that may not change owners at all has its own group's files all the same.
bool give_to(const std::filesystem::path& path, gid_t group) {
  struct stat file {};
  const bool has_it = lstat(path.c_str(), &file) == 0 && file.st_gid == group;
  return has_it || chown(path.c_str(), static_cast<uid_t>(-1), group) == 0;
}

}  // namespace

bool is_answered(const std::filesystem::path& path) {
  const auto address = address_of(path);
  return address && connect_error(*address) == 0;
}

Result<ListeningSocket> listen_at(const std::filesystem::path& path, std::optional<gid_t> readers) {
  const std::string& name = path.native();
  const auto address = address_of(path);
  if (!address) {
    return Error{ErrorCode::Unavailable,
                 "the path of the control socket is too long (at most 107 bytes): " + name};
  }
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (auto removed = remove_stale(path, *address); !removed) {
    return removed.error();
  }
  Descriptor listener(new_socket());
  if (listener.get() < 0) {
    return failed("cannot make the control socket", errno);
  }
  // On Linux bind() gives the file the mode of the descriptor: nobody can connect before it
  // belongs to the right group.
  if (fchmod(listener.get(), 0600) != 0 ||
      bind(listener.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) != 0) {
    if (errno == EADDRINUSE) {
      return taken(path, "another sightingd has just begun to listen on it");
    }
    return failed("cannot listen on the control socket " + name, errno);
  }
  if (chmod(path.c_str(), 0600) != 0 || listen(listener.get(), SOMAXCONN) != 0) {
    return failed("cannot listen on the control socket " + name, errno);
  }
  ListeningSocket result;
  result.is_group_open = readers && give_to(path, *readers) && chmod(path.c_str(), 0660) == 0;
  result.descriptor = listener.release();
  return result;
}

}  // namespace sightingd
