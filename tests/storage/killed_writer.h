#pragma once

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace sightingd::test {

/// A process of its own that writes to a store, and '+' to its output for all that was
/// acknowledged, until it is killed.
class KilledWriter {
 public:
  KilledWriter(std::string program, const std::filesystem::path& store) {
    int ends[2];
    if (::pipe(ends) != 0) {
      return;
    }
    output_ = ends[0];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    std::string path = store.string();
    char* const arguments[] = {program.data(), path.data(), nullptr};
    started_ =
        ::posix_spawn(&process_, program.c_str(), &actions, nullptr, arguments, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
  }
  ~KilledWriter() { ::close(output_); }
  KilledWriter(const KilledWriter&) = delete;
  KilledWriter& operator=(const KilledWriter&) = delete;

  /// Kills it once that many were acknowledged. How many really were, or nothing when it failed
  /// earlier.
  std::optional<std::uint64_t> kill_after(std::uint64_t acknowledged) {
    std::uint64_t count = 0;
    char byte = 0;
    while (count < acknowledged && ::read(output_, &byte, 1) == 1 && byte == '+') {
      ++count;
    }
    if (!started_ || count < acknowledged || ::kill(process_, SIGKILL) != 0 ||
        ::waitpid(process_, nullptr, 0) != process_) {
      return std::nullopt;
    }
    while (::read(output_, &byte, 1) == 1) {
      ++count;
    }
    return count;
  }

 private:
  bool started_ = false;
  pid_t process_ = -1;
  int output_ = -1;
};

}  // namespace sightingd::test
