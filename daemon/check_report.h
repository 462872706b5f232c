#pragma once

#include "config/config_file.h"
#include "config/diagnostic.h"

#include <string>

namespace sightingd {

/// What `--check-config --json` prints, one line: whether the configuration can be used, its
/// mistakes and notes as a person reads them, and what its sources would cost (sightingd(8)).
std::string check_report_json(const LoadResult& loaded, Audience audience);

}  // namespace sightingd
