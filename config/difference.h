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
  std::string section;  ///< "media", "source", "watch".
  std::string name;     ///< Of the source or watch; empty for other sections.
  std::size_t index =
      0;  ///< Of the source or watch, in the configuration that has it (the new one first).
  std::string key;   ///< "max_bytes"; empty when a source or watch came or went.
  std::string from;  ///< As TOML; a secret is "[secret]". Empty: not set.
  std::string to;
  bool needs_restart = false;  ///< A running daemon cannot take it over.
  bool is_private = false;     ///< `from` and `to` are for the operator only; `name` always is.

  friend bool operator==(const SettingsChange&, const SettingsChange&) = default;
};

/// What a reload would change, in the order of the schema. Sources and watches are matched by name.
std::vector<SettingsChange> difference(const Settings& from, const Settings& to);

/// One line: `watch "rescue": poll_interval: "1m" -> "5m"`; the journal gets
/// `watch[1]: poll_interval: "1m" -> "5m"`.
std::string render(const SettingsChange& change, Audience audience);

}  // namespace sightingd
