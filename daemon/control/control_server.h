#pragma once

#include "config/settings.h"
#include "daemon/control/operations.h"
#include "examiner/examiner.h"
#include "pipeline/result.h"
#include "storage/store.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sightingd {

/// What the control API answers from. All of it must outlive the server; join `workers` before
/// the event loop or the store is destroyed.
struct ControlParts {
  Operations& operations;
  const Store& store;
  Examiner& examiner;
  const Clock& clock;
  boost::asio::thread_pool& workers;              ///< Every read of the store runs here.
  std::uint64_t max_upload_bytes = 20ULL << 20U;  ///< `[media] max_bytes`.
};

/// The control API (docs/api.md): HTTP/1.1 with JSON over the Unix socket, for readers and
/// operators.
///
/// Lives on one event loop. Destroy it only when stop() has completed or the loop will not run
/// again.
class ControlServer {
 public:
  /// Listens on `options.socket`, mode 0660 and group `sightingd`, or mode 0600 when a group that
  /// is named does not exist; removes a socket that nobody answers on. Fails with Unavailable,
  /// `reason` "taken", when somebody does.
  static Result<std::unique_ptr<ControlServer>> listen(boost::asio::io_context& loop,
                                                       const ControlOptions& options,
                                                       ControlParts parts);

  /// Serves one connected stream socket instead (`--serve-store --control-fd N`), which becomes
  /// the server's. finished() completes when the other side closes it.
  static Result<std::unique_ptr<ControlServer>> adopt(boost::asio::io_context& loop, int descriptor,
                                                      const ControlOptions& options,
                                                      ControlParts parts);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  /// A sentence each about access that is narrower than configured, for the log; at most one.
  const std::vector<std::string>& warnings() const;

  /// Wakes the readers that follow the feed. Call it after each commit, from any thread:
  /// `store.on_commit([&](const FeedCursor&) { server.wake_followers(); })`.
  void wake_followers();

  /// Completes when no connection is left and no more can come: after stop(), or when an
  /// adopted one was closed.
  boost::asio::awaitable<void> finished();

  /// Accepts no more and removes the socket, ends the feeds, and completes when the requests in
  /// hand have been answered or cut (at most 2 s).
  boost::asio::awaitable<void> stop();

 private:
  class Impl;
  explicit ControlServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sightingd
