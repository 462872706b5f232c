#include "sightingctl/commands.h"
#include "sightingctl/programs.h"

#include <string>
#include <utility>
#include <vector>

namespace sightingd {
namespace {

/// Lets the daemon's program do it with the store, while no daemon runs; it tells what came of it.
Outcome<ExitCode> let_daemon(const Tool& tool, std::vector<std::string> arguments) {
  const auto program = find_program("sightingd");
  if (!program) {
    return program.error();
  }
  const std::string what = arguments.front();
  arguments.insert(arguments.end(), {"--config", tool.config.empty() ? std::string(kDefaultConfig)
                                                                     : tool.config.string()});
  if (!tool.key.empty()) {
    arguments.insert(arguments.end(), {"--key", tool.key.string()});
  }
  const auto child = start_program(*program, arguments);
  if (!child) {
    return child.error();
  }
  // The daemon has said why.
  constexpr int kBadStore = 74;
  constexpr int kLocked = 75;
  constexpr int kBadConfiguration = 78;
  const int status = wait_for(*child);
  if (status == 0) {
    return ExitCode::Done;
  }
  if (status == kBadStore || status == kLocked || status == kBadConfiguration) {
    return ExitCode::NoStore;
  }
  return Failure{ExitCode::Bug,
                 "sightingd " + what + " ended with status " + std::to_string(status) + "."};
}

}  // namespace

Outcome<ExitCode> run_restore(const Tool& tool, const std::string& folder, bool without_ledger) {
  std::vector<std::string> arguments{"--restore", folder};
  if (without_ledger) {
    arguments.emplace_back("--without-ledger");
  }
  return let_daemon(tool, std::move(arguments));
}

Outcome<ExitCode> run_repair(const Tool& tool) { return let_daemon(tool, {"--repair"}); }

}  // namespace sightingd
