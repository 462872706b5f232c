#pragma once

#include "config/diagnostic.h"

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sightingd {

struct TomlEntry;
struct TomlValue;

/// A date, a time or both. No key wants one, so nothing but its presence is kept.
struct TomlDate {};

using TomlArray = std::vector<TomlValue>;

/// The keys of one table, however they were written (header, dotted, inline), in the order of
/// their names.
struct TomlTable {
  std::vector<TomlEntry> entries;

  /// Null when there is no such key.
  const TomlEntry* find(std::string_view name) const;
};

/// A value, and where it begins.
struct TomlValue {
  Place place;
  std::variant<std::string, std::int64_t, double, bool, TomlDate, TomlArray, TomlTable> content;
};

/// A key, where it begins, and its value.
struct TomlEntry {
  std::string key;
  Place place;
  TomlValue value;
};

/// "a string", "an integer", "a table", ...
std::string_view type_name(const TomlValue& value);

/// Far beyond 1,000 watches; keeps a wrong file name from filling memory.
inline constexpr std::size_t kLongestTomlDocument = 1U << 20U;

/// Reads one TOML 1.0 document of at most 1 MiB. `file` names it in every place. A document that
/// is not TOML, or is too long, gives its first mistake.
boost::system::result<TomlTable, Diagnostic> parse_toml(std::string_view text,
                                                        const std::string& file);

}  // namespace sightingd
