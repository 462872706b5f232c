#pragma once

#include "config/settings.h"
#include "daemon/exit_code.h"
#include "daemon/ops/journal.h"

#include <filesystem>

namespace sightingd {

/// What `--restore` was asked to do.
struct RestoreInvocation {
  std::filesystem::path backup;  ///< The folder.
  /// Where the store's key lies, if not where the configuration says.
  std::filesystem::path store_key_file;
  bool without_ledger = false;
};

/// Brings the store back from a backup, erases from it what the erasure ledger says, and ends.
/// Nothing is polled. What came of it goes to standard output, what is wrong to the journal.
ExitCode restore(const RestoreInvocation& invocation, const Settings& settings, Journal& journal);

}  // namespace sightingd
