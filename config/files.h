#pragma once

#include "config/diagnostic.h"

#include <boost/system/result.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace sightingd {

/// The `conf.d/*.toml` beside `file`, in the order of their names, hidden ones left out; none
/// when there is no such folder.
boost::system::result<std::vector<std::filesystem::path>, Diagnostic> parts_beside(
    const std::filesystem::path& file);

/// The bytes of `file`, or only so many of the first as make it too long for parse_toml.
boost::system::result<std::string, Diagnostic> read_text(const std::filesystem::path& file);

}  // namespace sightingd
