#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace sightingd::test {

/// The rows of one column of a store that nobody has open, as they lie on the disk.
std::map<std::string, std::string> raw_rows(const std::filesystem::path& store,
                                            const std::string& column);

/// Writes a row as it stands into a store that nobody has open.
void put_raw_row(const std::filesystem::path& store, const std::string& column,
                 const std::string& key, const std::string& value);

}  // namespace sightingd::test
