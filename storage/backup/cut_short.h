#pragma once

#include "pipeline/result.h"

#include <filesystem>

namespace sightingd {

/// In the store: where the copies of a backup wait to be fetched.
inline constexpr const char* kBackupFolder = "backup";

/// Removes what a backup that was cut short has left in the folder of a store: copies that no
/// erasure reaches. For its opening, which has the lock, before anything is looked at.
Result<void> remove_cut_short_backup(const std::filesystem::path& store);

}  // namespace sightingd
