#pragma once

#include "tests/support/temporary_directory.h"

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sightingd::test {

/// Where the programs of this build lie.
std::filesystem::path program(const std::string& name);

/// A program that this build made for tests alone.
std::filesystem::path test_program(const std::string& name);

/// Asks `condition` again and again until it holds. False when it still does not after `patience`.
bool eventually(std::chrono::milliseconds patience, const std::function<bool()>& condition);

/// A running program. What it writes goes to files. Killed when the object dies, or the test does.
class Process {
 public:
  /// `arguments[0]` is the program's path. Runs as it was prepared by `before_exec`, which is
  /// called in the new process and may only do what is safe between fork and exec.
  explicit Process(std::vector<std::string> arguments, std::function<void()> before_exec = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;

  /// The exit status, or the negative number of the signal that ended it. Nothing when it still
  /// runs after `patience`.
  std::optional<int> wait(std::chrono::milliseconds patience);
  bool ended() { return wait(std::chrono::milliseconds(0)).has_value(); }

  std::string out() const;
  std::string err() const;

 private:
  TemporaryDirectory directory_;
  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::optional<int> status_;
};

/// What a program that ended by itself left behind.
struct Finished {
  int status = -1;
  std::string out;
  std::string err;
};

/// Runs a program to its end; a test failure and status -1 when that does not come in time.
Finished run(std::vector<std::string> arguments,
             std::chrono::milliseconds patience = std::chrono::seconds(60));

}  // namespace sightingd::test
