#pragma once

#include "config/settings.h"
#include "pipeline/result.h"
#include "pipeline/similarity/pdq_hash.h"

#include <vector>

namespace sightingd {

/// The hashes of the file that `[refuse] pdq_list` names; none when it names none. Blocks on the
/// disk. Fails with a sentence that names the key, and the line where one is wrong.
Result<std::vector<PdqHash>> read_refused_list(const RefuseOptions& options);

}  // namespace sightingd
