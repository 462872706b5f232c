#pragma once

#include "pipeline/result.h"
#include "storage/files.h"
#include "storage/store_options.h"

#include <filesystem>

namespace sightingd {

/// Where the erasure ledger lies, and the keys of backups.
std::filesystem::path ledger_folder_of(const StoreOptions& options);

/// Whoever holds what this returns has the store for itself. Fails with Storage, reason "locked".
Result<FileDescriptor> lock_store(const std::filesystem::path& directory);

}  // namespace sightingd
