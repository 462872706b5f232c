#pragma once

#include "pipeline/result.h"

#include <filesystem>

namespace sightingd {

/// Becomes the user and group that own the store's folder, for good, when this process is root: a
/// file that root wrote into the store would keep the daemon's own user out of it. Does nothing
/// for any other user.
/// Fails with Storage when there is no such folder, or the user cannot be changed.
Result<void> become_owner_of(const std::filesystem::path& store);

}  // namespace sightingd
