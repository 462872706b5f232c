#pragma once

#include "pipeline/result.h"

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <string_view>

namespace sightingd {

/// Owns a file descriptor.
class OwnedDescriptor {
 public:
  OwnedDescriptor() = default;
  explicit OwnedDescriptor(int number) : number_(number) {}
  ~OwnedDescriptor();
  OwnedDescriptor(OwnedDescriptor&& other) noexcept : number_(other.release()) {}
  OwnedDescriptor& operator=(OwnedDescriptor&& other) noexcept;

  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  int release();

 private:
  int number_ = -1;
};

/// Why a process ended.
enum class ProcessEnd : std::uint8_t {
  Crash,     ///< A signal, or an exit that nobody asked for.
  Hang,      ///< Killed: it took too long.
  Memory,    ///< It wanted more memory than it may have.
  Cpu,       ///< It used more processor time than it may.
  Seccomp,   ///< It made a system call that it must not make.
  Protocol,  ///< Killed: it answered nonsense.
  Killed,    ///< Somebody else killed it (kernel out of memory, operator): not its own doing.
  Unneeded,  ///< Killed: nobody waits for its answer.
};

/// A child process and the two descriptors that the parent has of it.
struct SpawnedProcess {
  pid_t pid = -1;
  OwnedDescriptor pidfd;   ///< Becomes readable when the process ends.
  OwnedDescriptor socket;  ///< The other end is the process's standard input.
};

/// Starts `program` with a socket and a copy of the descriptor `shared` (kPictureAreaDescriptor)
/// beside /dev/null, an empty environment, no signal blocked, in a process group of its own. Fails
/// with Unavailable.
Result<SpawnedProcess> spawn_process(const std::filesystem::path& program, int shared);

/// Sends SIGKILL. Does nothing when the process has ended.
void kill_process(int pidfd);

/// Whether the process has ended, reaped or not.
bool has_ended(int pidfd);

/// Waits for the end of a process, takes it off the system's books and says why it ended,
/// as far as the system knows (never Hang, Protocol or Unneeded).
ProcessEnd reap_process(int pidfd);

/// Limits the processor time of a process that has not been reaped.
class CpuLimit {
 public:
  explicit CpuLimit(pid_t pid);

  /// Lets it use `allowance` more, rounded up to a second; the kernel then ends it with SIGXCPU.
  /// False when that could not be arranged.
  bool allow(std::chrono::milliseconds allowance);

 private:
  pid_t pid_;  // 0 when its clock is not known.
  clockid_t clock_ = 0;
  rlim_t limit_ = RLIM_INFINITY;
};

}  // namespace sightingd
