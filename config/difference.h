#pragma once

#include "config/diagnostic.h"
#include "config/settings.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sightingd {

/// One thing in which two configurations differ.
struct SettingsChange {
  enum class Kind : std::uint8_t { Changed, Added, Removed };

  Kind kind = Kind::Changed;
  std::string section;    ///< "media", "source", "watch".
  std::string name = {};  ///< Of the source or watch, for the operator only; else empty.
  std::size_t index =
      0;  ///< Of the source or watch: where it was removed in the old, else in the new.
  std::string key = {};        ///< "max_bytes"; empty when a source or watch came or went.
  std::string from = {};       ///< As TOML; a secret is [secret]. Empty: not set.
  std::string to = {};         ///< Likewise.
  bool needs_restart = false;  ///< A running daemon cannot take it over.
  bool is_private = false;     ///< `from` and `to` are for the operator only.

  friend bool operator==(const SettingsChange&, const SettingsChange&) = default;
};

/// What a reload would change, in the order of the schema. Sources and watches are matched by
/// name; their order means nothing.
std::vector<SettingsChange> difference(const Settings& from, const Settings& to);

/// What changed, without values: `watch "rescue".poll_interval`, `watch "rescue" added`.
std::string name_of(const SettingsChange& change);

/// One line: `watch "rescue".poll_interval: "1m" -> "5m"`. The journal gets `watch[1]` for the
/// name, and no values of private keys.
std::string render(const SettingsChange& change, Audience audience);

}  // namespace sightingd
