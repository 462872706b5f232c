#pragma once

#include "pipeline/result.h"
#include "pipeline/similarity/pdq_hash.h"

#include <string_view>
#include <vector>

namespace sightingd {

/// Reads a list of PDQ hashes as hash-sharing programmes exchange them (the CSV and text files of
/// ThreatExchange's PDQ tools): a hash a line, 64 hex digits of either case, and behind a comma
/// what is not read, such as a quality. Empty lines and those that begin with '#' are none.
/// Fails with Malformed and the number of the first line that is something else.
Result<std::vector<PdqHash>> read_hash_list(std::string_view text);

}  // namespace sightingd
