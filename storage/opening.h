#pragma once

#include "pipeline/result.h"
#include "storage/sealing/secret_key.h"
#include "storage/store_options.h"
#include "storage/store_parts.h"

#include <memory>
#include <optional>

namespace sightingd {

/// Opens the store, creating it when absent: takes the lock, checks the format,
/// removes photo files that no row names, rebuilds the index, finishes erasures.
/// Fails with Storage and reason "locked", "newer-format", "key" or "damaged".
Result<std::unique_ptr<StoreParts>> open_parts(const StoreOptions& options,
                                               const std::optional<SecretKey>& key);

}  // namespace sightingd
