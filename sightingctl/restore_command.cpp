#include "sightingctl/commands.h"
#include "sightingctl/programs.h"

namespace sightingd {

Outcome<ExitCode> run_restore(const Tool& tool, const std::string& folder, bool without_ledger) {
  const auto program = find_program("sightingd");
  if (!program) {
    return program.error();
  }
  std::vector<std::string> arguments{
      "--restore", folder, "--config",
      tool.config.empty() ? std::string(kDefaultConfig) : tool.config.string()};
  if (!tool.key.empty()) {
    arguments.insert(arguments.end(), {"--key", tool.key.string()});
  }
  if (without_ledger) {
    arguments.emplace_back("--without-ledger");
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
                 "sightingd --restore ended with status " + std::to_string(status) + "."};
}

}  // namespace sightingd
