#include "sightingctl/programs.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace sightingd {

Outcome<std::filesystem::path> find_program(std::string_view name) {
  std::error_code error;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", error);
  for (const std::filesystem::path& folder :
       {own.parent_path(), std::filesystem::path("/usr/bin")}) {
    std::filesystem::path program = folder / name;
    if (!folder.empty() && access(program.c_str(), X_OK) == 0) {
      return program;
    }
  }
  return Failure{ExitCode::Bug,
                 std::string(name) + " is neither beside sightingctl nor in /usr/bin; install it."};
}

Outcome<pid_t> start_program(const std::filesystem::path& program,
                             const std::vector<std::string>& arguments, int inherited) {
  std::vector<std::string> words{program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  if (inherited >= 0) {
    posix_spawn_file_actions_adddup2(&actions, inherited, 3);
  }
  pid_t child = -1;
  const int error = posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return Failure{ExitCode::Bug, "cannot start " + program.string() + ": " +
                                      std::generic_category().message(error)};
  }
  return child;
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      return static_cast<int>(ExitCode::Bug);
    }
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : static_cast<int>(ExitCode::Bug);
}

}  // namespace sightingd
