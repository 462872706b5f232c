#include "tests/connectors/http/own_network.h"

#include "tests/support/temporary_directory.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

namespace sightingd::test {
namespace {

constexpr unsigned kPatience = 20;

bool enter_own_namespaces() {
  constexpr int kOwn = CLONE_NEWNS | CLONE_NEWNET;
  return ::unshare(CLONE_NEWUSER | kOwn) == 0 || ::unshare(kOwn) == 0;
}

ifreq named(const char* interface) {
  ifreq request{};
  std::strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
  return request;
}

bool bring_loopback_up() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq up = named("lo");
  up.ifr_flags = IFF_UP | IFF_RUNNING;
  ifreq address = named("lo:1");
  sockaddr_in public_address{};
  public_address.sin_family = AF_INET;
  inet_pton(AF_INET, "9.9.9.9", &public_address.sin_addr);
  std::memcpy(&address.ifr_addr, &public_address, sizeof(public_address));
  const bool done = ::ioctl(fd, SIOCSIFFLAGS, &up) == 0 && ::ioctl(fd, SIOCSIFADDR, &address) == 0;
  ::close(fd);
  return done;
}

bool replace_file(const std::filesystem::path& path, const std::filesystem::path& by) {
  return ::mount(by.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) == 0;
}

bool use_own_name_server(const std::filesystem::path& folder) {
  std::ofstream(folder / "resolv.conf") << "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n";
  std::ofstream(folder / "nsswitch.conf") << "hosts: dns\n";
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         replace_file("/etc/resolv.conf", folder / "resolv.conf") &&
         replace_file("/etc/nsswitch.conf", folder / "nsswitch.conf");
}

}  // namespace

int run_in_own_network(const std::function<int()>& scenario) {
  const TemporaryDirectory folder;
  const pid_t child = ::fork();
  if (child < 0) {
    return kSkipped;
  }
  if (child == 0) {
    ::alarm(kPatience);
    const bool ready =
        enter_own_namespaces() && bring_loopback_up() && use_own_name_server(folder.path());
    ::_exit(ready ? scenario() : kSkipped);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : kHung;
}

}  // namespace sightingd::test
