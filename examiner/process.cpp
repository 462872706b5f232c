#include "examiner/process.h"

#include "examiner/protocol.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <string>
#include <system_error>
#include <utility>

namespace sightingd {
namespace {

// Called by number: glibc 2.36 declares these two without C linkage.
int pidfd_open(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }
void pidfd_send_signal(int pidfd, int signal) {
  ::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0);
}

Error cannot_start(std::string_view step, int error) {
  return {.code = ErrorCode::Unavailable,
          .message = "cannot start an examiner: " + std::string(step) + ": " +
                     std::generic_category().message(error),
          .reason = "examiner_start"};
}

// What posix_spawn does between fork and exec.
class SpawnPlan {
 public:
  SpawnPlan(int standard_input, int shared) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    note(posix_spawn_file_actions_adddup2(&actions_, standard_input, STDIN_FILENO));
    for (const int output : {STDOUT_FILENO, STDERR_FILENO}) {
      note(posix_spawn_file_actions_addopen(&actions_, output, "/dev/null", O_WRONLY, 0));
    }
    note(posix_spawn_file_actions_adddup2(&actions_, shared, kPictureAreaDescriptor));
    note(posix_spawn_file_actions_addclosefrom_np(&actions_, kPictureAreaDescriptor + 1));
    sigset_t signals;
    sigemptyset(&signals);
    note(posix_spawnattr_setsigmask(&attributes_, &signals));
    sigfillset(&signals);
    note(posix_spawnattr_setsigdefault(&attributes_, &signals));
    note(posix_spawnattr_setpgroup(&attributes_, 0));
    note(posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP));
  }
  ~SpawnPlan() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  // Returns an error number, or 0.
  int run(const std::string& program, pid_t& pid) {
    if (error_ != 0) {
      return error_;
    }
    std::string name = program;
    const std::array<char*, 2> arguments = {name.data(), nullptr};
    const std::array<char*, 1> environment = {nullptr};
    return posix_spawn(&pid, program.c_str(), &actions_, &attributes_, arguments.data(),
                       environment.data());
  }

 private:
  void note(int error) { error_ = error_ != 0 ? error_ : error; }

  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  int error_ = 0;
};

ProcessEnd end_by_exit(int status) {
  switch (static_cast<ExaminerExit>(status)) {
    case ExaminerExit::OutOfMemory:
      return ProcessEnd::Memory;
    case ExaminerExit::Protocol:
      return ProcessEnd::Protocol;
    case ExaminerExit::Done:
    case ExaminerExit::Usage:
      break;
  }
  return ProcessEnd::Crash;
}

ProcessEnd end_by_signal(int signal) {
  switch (signal) {
    case SIGSYS:
      return ProcessEnd::Seccomp;
    case SIGXCPU:
      return ProcessEnd::Cpu;
    case SIGKILL:
      return ProcessEnd::Killed;
    default:
      return ProcessEnd::Crash;
  }
}

}  // namespace

OwnedDescriptor::~OwnedDescriptor() {
  if (is_open()) {
    ::close(number_);
  }
}

OwnedDescriptor& OwnedDescriptor::operator=(OwnedDescriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

int OwnedDescriptor::release() { return std::exchange(number_, -1); }

Result<SpawnedProcess> spawn_process(const std::filesystem::path& program, int shared) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return cannot_start("socketpair", errno);
  }
  SpawnedProcess process;
  process.socket = OwnedDescriptor(ends[0]);
  const OwnedDescriptor far_end(ends[1]);
  SpawnPlan plan(far_end.get(), shared);
  if (const int error = plan.run(program.string(), process.pid); error != 0) {
    return cannot_start(program.string(), error);
  }
  process.pidfd = OwnedDescriptor(pidfd_open(process.pid));
  if (!process.pidfd.is_open()) {
    const int error = errno;
    ::kill(process.pid, SIGKILL);
    ::waitpid(process.pid, nullptr, 0);
    return cannot_start("pidfd_open", error);
  }
  return process;
}

void kill_process(int pidfd) { pidfd_send_signal(pidfd, SIGKILL); }

bool has_ended(int pidfd) {
  pollfd question{.fd = pidfd, .events = POLLIN, .revents = 0};
  return ::poll(&question, 1, 0) > 0;
}

ProcessEnd reap_process(int pidfd) {
  siginfo_t end{};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &end, WEXITED) != 0) {
    if (errno != EINTR) {
      return ProcessEnd::Crash;
    }
  }
  return end.si_code == CLD_EXITED ? end_by_exit(end.si_status) : end_by_signal(end.si_status);
}

CpuLimit::CpuLimit(pid_t pid) : pid_(pid) {
  if (::clock_getcpuclockid(pid, &clock_) != 0) {
    pid_ = 0;
  }
}

bool CpuLimit::allow(std::chrono::milliseconds allowance) {
  timespec used{};
  if (pid_ == 0 || ::clock_gettime(clock_, &used) != 0) {
    return false;
  }
  // The kernel counts whole seconds: one more for the fraction used, one to round up.
  const auto seconds = std::chrono::floor<std::chrono::seconds>(allowance).count();
  const auto limit = static_cast<rlim_t>(used.tv_sec + seconds + 2);
  if (limit == limit_) {
    return true;
  }
  rlimit both{};
  if (::prlimit(pid_, RLIMIT_CPU, nullptr, &both) != 0) {
    return false;
  }
  both.rlim_cur = limit;
  if (::prlimit(pid_, RLIMIT_CPU, &both, nullptr) != 0) {
    return false;
  }
  limit_ = limit;
  return true;
}

}  // namespace sightingd
