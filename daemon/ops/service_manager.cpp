#include "daemon/ops/service_manager.h"

#include <systemd/sd-daemon.h>

#include <cstdint>
#include <ctime>
#include <string>

namespace sightingd {
namespace {

// systemd reads only what is sent while NOTIFY_SOCKET is set; else this is a no-op.
void notify(const std::string& state) { sd_notify(0, state.c_str()); }

std::string monotonic_usec() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::to_string(static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1'000);
}

}  // namespace

void ServiceManager::ready() const { notify("READY=1"); }
// MONOTONIC_USEC is what Type=notify-reload of systemd 253 asks for; 252 ignores it.
void ServiceManager::reloading() const {
  notify("RELOADING=1\nMONOTONIC_USEC=" + monotonic_usec());
}
void ServiceManager::stopping() const { notify("STOPPING=1"); }
void ServiceManager::beat() const { notify("WATCHDOG=1"); }
void ServiceManager::status(std::string_view line) const { notify("STATUS=" + std::string(line)); }

std::optional<std::chrono::microseconds> ServiceManager::watchdog_interval() const {
  std::uint64_t interval = 0;
  if (sd_watchdog_enabled(0, &interval) <= 0) {
    return std::nullopt;
  }
  return std::chrono::microseconds(interval);
}

}  // namespace sightingd
