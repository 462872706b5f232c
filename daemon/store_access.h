#pragma once

#include "config/settings.h"
#include "daemon/exit_code.h"
#include "pipeline/result.h"
#include "storage/sealing/secret_key.h"

#include <filesystem>
#include <optional>

namespace sightingd {

/// `[store]`, with the place of the erasure ledger where none is named: beside the store.
StoreOptions store_options(const Settings& settings);

/// The key that opens the store: from `given`, if it names a file, else from where the
/// configuration says; nothing when the store is to be unencrypted.
/// Fails with a sentence when it is named and cannot be used.
Result<std::optional<SecretKey>> find_store_key(const Settings& settings,
                                                const std::filesystem::path& given);

/// How a program ends that could not do with the store what it was to do.
ExitCode exit_code_of_store(const Error& error);

}  // namespace sightingd
