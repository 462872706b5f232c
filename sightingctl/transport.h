#pragma once

#include "sightingctl/outcome.h"

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>

namespace sightingd {

/// The way to whoever answers the control API.
class Transport {
 public:
  virtual ~Transport() = default;

  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /// The Unix socket to connect to.
  virtual const std::filesystem::path& socket() const = 0;
  /// To be called once a connection to it stands and before anything is sent. False: give up.
  virtual bool connected() = 0;
  /// Why no whole answer came, now that `sentence` says how the connection broke.
  virtual Failure broken(std::string sentence) = 0;
  /// After that: who is to be asked instead, if this one has found that somebody else is.
  virtual std::unique_ptr<Transport> instead() { return nullptr; }

 protected:
  Transport() = default;
};

/// To the running daemon. Fails with NoDaemon when nobody answers on `socket`, with NotAllowed
/// when the file system forbids it.
Outcome<std::unique_ptr<Transport>> connect_to_daemon(const std::filesystem::path& socket);

/// To a `sightingd --serve-store` that is started for this caller and ends with the transport.
/// `key`: the file of the store's key, or empty for where the configuration says. When it finds
/// the store with a daemon that was still coming up, that daemon answers instead, at `socket`.
/// That the store can't be opened shows only when it is asked something.
Outcome<std::unique_ptr<Transport>> start_store_server(const std::filesystem::path& config,
                                                       const std::filesystem::path& key,
                                                       const std::filesystem::path& socket);

}  // namespace sightingd
