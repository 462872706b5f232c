#pragma once

#include "config/settings.h"
#include "daemon/exit_code.h"
#include "daemon/ops/journal.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

namespace sightingd {

/// What the daemon was called to do.
struct Invocation {
  enum class Mode : std::uint8_t {
    Poll,        ///< Until it is told to stop.
    Once,        ///< Every watch to its head, then end.
    ServeStore,  ///< Only the control API, on an inherited socket; polls nothing.
  };
  Mode mode = Mode::Poll;
  std::filesystem::path config;  ///< Read again at a reload.
  std::chrono::milliseconds once_wait = std::chrono::minutes(2);
  int control_descriptor = -1;  ///< With ServeStore: the connected socket to serve.
  /// With ServeStore: where the store's key lies, if not where the configuration says.
  std::filesystem::path store_key_file;
};

/// The composition root: builds every part, runs them on one event loop, and stops them in the
/// reverse order.
class Daemon {
 public:
  Daemon(Invocation invocation, Settings settings, Journal& journal);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  /// Runs to the end, and says how it ended. Call it once, on the main thread.
  ExitCode run();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sightingd
