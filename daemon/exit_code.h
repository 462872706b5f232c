#pragma once

namespace sightingd {

/// How the daemon ends, as sysexits.h numbers it; systemd restarts it on some and not on others.
enum class ExitCode : int {
  Done = 0,
  Usage = 2,
  AddressTaken = 69,    ///< EX_UNAVAILABLE: somebody else listens on the socket or the port.
  Bug = 70,             ///< EX_SOFTWARE.
  SandboxMissing = 71,  ///< EX_OSERR: a required layer is not to be had here.
  Store = 74,           ///< EX_IOERR: the store cannot be opened, or is damaged.
  Incomplete = 75,      ///< EX_TEMPFAIL: `--once` left something, the store is locked, or a write
                        ///< of it failed.
  Configuration = 78,   ///< EX_CONFIG.
};

}  // namespace sightingd
