#include "config/text/toml_document.h"

// toml++ 3.3 asserts on malformed keys such as `[$`; with NDEBUG the same check becomes an
// assumption, which is undefined behaviour. With both out of the way it returns a proper error.
#undef NDEBUG
#define TOML_ASSERT(condition) static_cast<void>(0)
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <utility>

namespace sightingd {
namespace {

Place place_of(const toml::source_region& region, const std::string& file) {
  return {.file = file, .line = region.begin.line, .column = region.begin.column};
}

/// toml++ stops at 256 levels of nesting, and so does this.
TomlValue converted(const toml::node& node, const std::string& file);

TomlTable converted_table(const toml::table& table, const std::string& file) {
  TomlTable result;
  result.entries.reserve(table.size());
  for (auto&& [key, node] : table) {
    result.entries.push_back({.key = std::string(key.str()),
                              .place = place_of(key.source(), file),
                              .value = converted(node, file)});
  }
  return result;
}

TomlArray converted_array(const toml::array& array, const std::string& file) {
  TomlArray result;
  result.reserve(array.size());
  for (const toml::node& node : array) {
    result.push_back(converted(node, file));
  }
  return result;
}

TomlValue converted(const toml::node& node, const std::string& file) {
  TomlValue result{.place = place_of(node.source(), file), .content = TomlDate{}};
  if (const auto* table = node.as_table()) {
    result.content = converted_table(*table, file);
  } else if (const auto* array = node.as_array()) {
    result.content = converted_array(*array, file);
  } else if (const auto* text = node.as_string()) {
    result.content = text->get();
  } else if (const auto* integer = node.as_integer()) {
    result.content = integer->get();
  } else if (const auto* number = node.as_floating_point()) {
    result.content = number->get();
  } else if (const auto* truth = node.as_boolean()) {
    result.content = truth->get();
  }
  return result;
}

}  // namespace

const TomlEntry* TomlTable::find(std::string_view name) const {
  const auto found = std::ranges::find(entries, name, &TomlEntry::key);
  return found == entries.end() ? nullptr : &*found;
}

std::string_view type_name(const TomlValue& value) {
  constexpr std::string_view kNames[] = {"a string", "an integer", "a number", "a boolean",
                                         "a date",   "an array",   "a table"};
  static_assert(std::size(kNames) == std::variant_size_v<decltype(TomlValue::content)>);
  return kNames[value.content.index()];
}

boost::system::result<TomlTable, Diagnostic> parse_toml(std::string_view text,
                                                        const std::string& file) {
  if (text.size() > kLongestTomlDocument) {
    return Diagnostic{.place = {.file = file}, .problem = "is too long", .allowed = "up to 1 MiB"};
  }
  const toml::parse_result parsed = toml::parse(text, std::string_view(file));
  if (!parsed) {
    return Diagnostic{.place = place_of(parsed.error().source(), file),
                      .problem = "is not valid TOML",
                      .detail = std::string(parsed.error().description())};
  }
  return converted_table(parsed.table(), file);
}

}  // namespace sightingd
