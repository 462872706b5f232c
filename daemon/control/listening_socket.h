#pragma once

#include "pipeline/result.h"

#include <sys/types.h>

#include <filesystem>
#include <optional>

namespace sightingd {

/// A Unix socket in the file system that this process listens on.
struct ListeningSocket {
  int descriptor = -1;         ///< The caller's to close.
  bool is_group_open = false;  ///< False: mode 0600, this process's user and root alone.
};

/// Binds and listens at `path` with mode 0660 and the group `readers`. Without such a group, or
/// when the file cannot be given to it, the mode is 0600. A socket that nobody answers on is
/// replaced, its folder made (mode 0755) when it is missing.
///
/// Fails with Unavailable; `reason` is "taken" when somebody answers on it or it is no socket.
Result<ListeningSocket> listen_at(const std::filesystem::path& path, std::optional<gid_t> readers);

/// Whether somebody listens at `path`.
bool is_answered(const std::filesystem::path& path);

}  // namespace sightingd
