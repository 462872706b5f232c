#pragma once

#include "config/diagnostic.h"
#include "config/settings.h"
#include "config/text/toml_document.h"

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace sightingd {

/// One `[[source]]` or `[[watch]]` while the configuration is read.
template <typename Options>
struct Drafted {
  Options options;
  const TomlTable* table = nullptr;  ///< Of a document that outlives this.
  Place place;                       ///< Where the table begins.
  std::string key;                   ///< "watch[1]": its number in its own file, from 0.
  std::set<std::string, std::less<>> unreadable =
      {};  ///< Keys whose values are wrong in themselves.

  /// True when the key was written and its value could be read.
  bool has(std::string_view name) const {
    return table->find(name) != nullptr && !unreadable.contains(name);
  }
  /// Where the value of `name` begins, or the table when it was not written.
  const Place& place_of(std::string_view name) const {
    const TomlEntry* entry = table->find(name);
    return entry == nullptr ? place : entry->value.place;
  }
};

/// What the files say, each value checked by itself.
struct SettingsDraft {
  Settings settings;  ///< Without sources and watches.
  std::vector<Drafted<SourceOptions>> sources;
  std::vector<Drafted<WatchOptions>> watches;
  /// Where each of the other sections first begins ("media"), and where each of their keys was
  /// last set ("media.in_flight").
  std::map<std::string, Place, std::less<>> set_at;
  Place start;  ///< Of the first file: for what is written nowhere.
};

/// Fills in what one value takes from another: the limit of the source's kind, the name of an
/// unnamed watch, the settings that several parts share.
void complete(SettingsDraft& draft);

/// What is allowed and still worth knowing.
std::vector<Diagnostic> remarks(const SettingsDraft& draft);

}  // namespace sightingd
