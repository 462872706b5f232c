#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace sightingd {

/// What systemd is told (sd_notify(3)). Does nothing outside a unit of Type=notify.
class ServiceManager {
 public:
  void ready() const;
  void reloading() const;
  void stopping() const;
  void beat() const;
  /// One line that `systemctl status` shows: numbers and configured names only.
  void status(std::string_view line) const;

  /// How often a beat is expected; nothing when there is no watchdog.
  std::optional<std::chrono::microseconds> watchdog_interval() const;
};

}  // namespace sightingd
