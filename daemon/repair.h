#pragma once

#include "config/settings.h"
#include "daemon/exit_code.h"
#include "daemon/ops/journal.h"

#include <filesystem>

namespace sightingd {

/// Saves what can be read of a damaged store, and ends. Nothing is polled. What came of it goes to
/// standard output, what is wrong to the journal. `store_key_file`: where the store's key lies, if
/// not where the configuration says.
ExitCode repair(const std::filesystem::path& store_key_file, const Settings& settings,
                Journal& journal);

}  // namespace sightingd
