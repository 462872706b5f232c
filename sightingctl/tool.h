#pragma once

#include "sightingctl/control_client.h"
#include "sightingctl/outcome.h"

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>

namespace sightingd {

/// What every command is run with.
struct Tool {
  std::filesystem::path config;  ///< Empty: the default one, if it can be read.
  std::filesystem::path socket;  ///< Empty: the one that the configuration names.
  std::filesystem::path key;     ///< Of the store; empty: where the configuration says.
  bool json = false;
  bool colour = false;
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool shows_progress = false;  ///< `err` is a terminal.
};

/// Who can answer a command.
enum class Needs : std::uint8_t {
  Daemon,  ///< Only the running daemon.
  Store,   ///< The daemon or, when none runs, one that is started for the store alone.
};

/// Connects to the daemon, or starts one for the store when there is none and that is enough.
Outcome<ControlClient> connect(const Tool& tool, Needs needs);

/// What the API answers to GET: from the daemon or, when none runs, for the store alone.
Outcome<std::string> ask_store(const Tool& tool, const std::string& target);

/// `text`, or the next line of standard input when it is "-".
Outcome<std::string> text_argument(const Tool& tool, const std::string& text);

/// All of a file, or of standard input when `name` is "-"; at most 1 GiB.
Outcome<std::string> file_argument(const Tool& tool, const std::string& name);

/// What to say of a configuration that was named and holds mistakes.
Failure unusable_configuration(const std::filesystem::path& file);

/// Where a configuration is looked for when none is named.
inline constexpr const char* kDefaultConfig = "/etc/sightingd/sightingd.toml";

}  // namespace sightingd
