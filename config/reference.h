#pragma once

#include <string>

namespace sightingd {

/// `config/sightingd.example.toml`: a configuration that can be used, with every key and what it
/// means. Keys that must not be set, or need something that is not there, are commented out.
std::string example_file();

/// `docs/configuration.md`: how the files are read, and a table of every section.
std::string reference_page();

}  // namespace sightingd
