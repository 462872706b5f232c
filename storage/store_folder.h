#pragma once

#include "pipeline/result.h"
#include "pipeline/time.h"
#include "storage/files.h"
#include "storage/store_options.h"

#include <filesystem>
#include <optional>
#include <string>

namespace sightingd {

/// The format of a store as a whole: its files, columns and keys. Raised when an older version
/// would misread it; the format of one record is in the record.
inline constexpr unsigned kStoreFormat = 3;
/// What the folder of the store says; nothing when it does not. Fails with Storage, reason
/// "damaged", or "newer-format" when it is above kStoreFormat.
Result<std::optional<unsigned>> read_format(const std::filesystem::path& directory);
/// Durable when it returns; it appears at once and whole.
Result<void> write_format(const std::filesystem::path& directory);

/// In the folder of the store: what was damaged or replaced, in folders that are called after the
/// time. Nothing of it is ever removed.
inline constexpr const char* kSetAsideFolder = "set-aside";
std::filesystem::path set_aside_folder(const std::filesystem::path& store, TimePoint at);
/// The time as part of a file's name.
std::string file_name_of(TimePoint time);

/// Where the erasure ledger lies, and the keys of backups.
std::filesystem::path ledger_folder_of(const StoreOptions& options);

/// Whoever holds what this returns has the store for itself. Fails with Storage, reason "locked".
Result<FileDescriptor> lock_store(const std::filesystem::path& directory);

}  // namespace sightingd
