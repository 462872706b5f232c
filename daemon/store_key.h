#pragma once

#include "config/settings.h"
#include "pipeline/result.h"
#include "storage/sealing/secret_key.h"

#include <filesystem>
#include <optional>

namespace sightingd {

/// The key that opens the store: from `given`, if it names a file, else from where the
/// configuration says; nothing when the store is to be unencrypted.
/// Fails with a sentence when it is named and cannot be used.
Result<std::optional<SecretKey>> find_store_key(const Settings& settings,
                                                const std::filesystem::path& given);

}  // namespace sightingd
