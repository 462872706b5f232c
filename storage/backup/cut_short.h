#pragma once

#include "pipeline/result.h"

#include <filesystem>

/// What a backup or a restoration that was cut short has left in the folder of a store. For its
/// opening, which has the lock, before anything is looked at.
namespace sightingd {

/// In the store: where the copies of a backup wait to be fetched.
inline constexpr const char* kBackupFolder = "backup";

namespace restoring {

/// Here the new store is built. Nothing in it counts.
inline constexpr const char* kNew = "restoring";
/// Here it lies when it is whole: from then on it is the store, and whoever opens it puts it into
/// its place.
inline constexpr const char* kWhole = "restored";
/// In that folder: where what was there before goes.
inline constexpr const char* kAsideFile = "set-aside";
inline constexpr const char* kSetAside = "set-aside";

}  // namespace restoring

/// Removes copies that no erasure reaches.
Result<void> remove_cut_short_backup(const std::filesystem::path& store);

/// Finishes a restoration: puts the store in its place, if it was whole, or removes what there is
/// of it.
Result<void> finish_restoration(const std::filesystem::path& store);

}  // namespace sightingd
