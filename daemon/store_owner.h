#pragma once

#include "pipeline/result.h"

#include <filesystem>

namespace sightingd {

/// Becomes the user and group that own the store's folder, for good, when this process is root: a
/// file that root wrote into the store would keep the daemon's own user out of it. Does nothing
/// for any other user.
/// Fails with Storage when there is no such folder, or the user cannot be changed.
Result<void> become_owner_of(const std::filesystem::path& store);

/// The same for whoever brings the store back, from a place that the owner may not read: this
/// process may still read everything afterwards (CAP_DAC_READ_SEARCH), and nothing more. A store
/// that is not there is made first; it belongs to the owner of the erasure ledger, if there is one.
Result<void> become_restorer_of(const std::filesystem::path& store,
                                const std::filesystem::path& ledger);

}  // namespace sightingd
