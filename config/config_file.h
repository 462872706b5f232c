#pragma once

#include "config/diagnostic.h"
#include "config/secret.h"
#include "config/settings.h"

#include <filesystem>
#include <optional>
#include <vector>

namespace sightingd {

/// What came of loading a configuration.
struct LoadResult {
  /// Present when there are no errors.
  std::optional<Settings> settings;
  std::vector<Diagnostic> errors;  ///< Every mistake, by file, line and column.
  std::vector<Diagnostic> notes;   ///< What is allowed and still worth knowing, likewise.
  /// Where a daemon with this configuration listens: known whatever mistakes there are elsewhere,
  /// as long as the files could be read.
  std::optional<std::filesystem::path> control_socket = {};
};

/// Loads `file` and the `conf.d/*.toml` beside it, in the order of their names.
///
/// `[[source]]` and `[[watch]]` append; of a key that is set twice the last file wins, and a note
/// says so. Relative paths are taken from the folder of the file that holds them. All mistakes of
/// meaning are found at once, and the first mistake of syntax of each file. Logs nothing.
LoadResult load_settings(const std::filesystem::path& file, const Environment& environment,
                         Purpose purpose = Purpose::Run);

}  // namespace sightingd
