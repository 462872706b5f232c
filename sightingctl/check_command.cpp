#include "sightingctl/commands.h"
#include "sightingctl/programs.h"

namespace sightingd {

Outcome<ExitCode> run_check(const Tool& tool) {
  const auto program = find_program("sightingd");
  if (!program) {
    return program.error();
  }
  std::vector<std::string> arguments{
      "--check-config", "--config",
      tool.config.empty() ? std::string(kDefaultConfig) : tool.config.string()};
  if (tool.json) {
    arguments.emplace_back("--json");
  }
  const auto child = start_program(*program, arguments);
  if (!child) {
    return child.error();
  }
  constexpr int kBadConfiguration = 78;
  const int status = wait_for(*child);
  if (status == 0) {
    return ExitCode::Done;
  }
  if (status == kBadConfiguration) {
    return ExitCode::No;
  }
  return Failure{ExitCode::Bug,
                 "sightingd --check-config ended with status " + std::to_string(status) + "."};
}

}  // namespace sightingd
