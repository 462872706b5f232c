#pragma once

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace sightingd::test {

/// Puts the names of a file before the resolver; only in the process that calls it, between fork
/// and exec. Ends that with 126 where it may not.
inline void use_hosts(const char* hosts) {
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount(hosts, "/etc/hosts", nullptr, MS_BIND, nullptr) != 0) {
    ::_exit(126);
  }
}

}  // namespace sightingd::test
