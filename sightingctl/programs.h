#pragma once

#include "sightingctl/outcome.h"

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// Finds a program of ours in the folder of the running one, then in /usr/bin. Never looks in
/// PATH.
Outcome<std::filesystem::path> find_program(std::string_view name);

/// Starts `program`. With `inherited` >= 0 that descriptor is its descriptor 3.
Outcome<pid_t> start_program(const std::filesystem::path& program,
                             const std::vector<std::string>& arguments, int inherited = -1);

/// Waits for a child and returns its exit status; 70 when a signal ended it.
int wait_for(pid_t child);

}  // namespace sightingd
