// An examiner for tests that stays unconfined and says so, as on a system without Landlock and
// seccomp.
#include "examiner/protocol.h"

#include <unistd.h>

#include <string>

int main() {
  using namespace sightingd;
  std::string setup(write_setup({}).size(), '\0');
  SandboxLayers layers;
  layers.add(SandboxLayer::NoNewPrivileges);
  layers.add(SandboxLayer::ResourceLimits);
  const std::string ready = write_ready({.layers = layers});
  if (::read(STDIN_FILENO, setup.data(), setup.size()) <= 0 ||
      ::write(STDIN_FILENO, ready.data(), ready.size()) <= 0) {
    return 1;
  }
  // The daemon closes the socket, or kills.
  return ::read(STDIN_FILENO, setup.data(), setup.size()) == 0 ? 0 : 1;
}
