#include "examiner/sandbox.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>

// Everything that a build with sanitizers needs otherwise is decided here, when compiling.
#if defined(__SANITIZE_ADDRESS__)
#define SIGHTINGD_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SIGHTINGD_ADDRESS_SANITIZER 1
#endif
#endif
#if defined(SIGHTINGD_ADDRESS_SANITIZER)
// As sanitizer/allocator_interface.h declares them, which g++ does not bring.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void*,
                                                                             std::size_t),
                                                         void (*free_hook)(const volatile void*));

// A report goes to /dev/null: looking for a program that names its addresses would only turn
// the crash into a forbidden system call.
extern "C" const char* __asan_default_options() { return "symbolize=0"; }
#endif

namespace sightingd {
namespace {

[[noreturn]] void exit_out_of_memory() { _exit(static_cast<int>(ExaminerExit::OutOfMemory)); }

#if defined(SIGHTINGD_ADDRESS_SANITIZER)
namespace sanitizer {

std::size_t allowed_memory = 0;

void check_allocation(const volatile void*, std::size_t size) {
  constexpr std::size_t kWorthChecking = 64U << 10U;
  if (size >= kWorthChecking && __sanitizer_get_current_allocated_bytes() > allowed_memory) {
    exit_out_of_memory();
  }
}

// The shadow memory takes terabytes of address space: its allocator keeps the limit instead.
bool limit_memory(std::uint64_t memory) {
  allowed_memory = memory;
  return __sanitizer_install_malloc_and_free_hooks(check_allocation, [](const volatile void*) {}) >
         0;
}

// For the reports, the checks of stacks, and the end of the process after a report.
constexpr std::array kFurtherCalls = {SCMP_SYS(sigaltstack), SCMP_SYS(rt_sigaction)};
constexpr std::array kMemoryAdvice = {MADV_DONTNEED, MADV_FREE, MADV_NOHUGEPAGE, MADV_HUGEPAGE,
                                      MADV_DONTDUMP};

}  // namespace sanitizer
#else
namespace sanitizer {

constexpr std::array<int, 0> kFurtherCalls = {};
constexpr std::array kMemoryAdvice = {MADV_DONTNEED, MADV_FREE};

}  // namespace sanitizer
#endif

bool limit(int resource, rlim_t soft, rlim_t hard) {
  const rlimit wanted{.rlim_cur = soft, .rlim_max = hard};
  return ::setrlimit(static_cast<__rlimit_resource_t>(resource), &wanted) == 0;
}

bool limit_memory(std::uint64_t memory) {
#if defined(SIGHTINGD_ADDRESS_SANITIZER)
  return sanitizer::limit_memory(memory);
#else
  return limit(RLIMIT_AS, memory, memory);
#endif
}

// Namespaces of its own that are empty: no interface, no mount that could be changed. Needs
// no privilege where the system lets users make a user namespace.
bool enter_namespaces() {
  return ::unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWUTS) == 0;
}

bool limit_resources(std::uint64_t memory) {
  // The daemon moves the soft limit of processor time forward with every picture.
  constexpr rlim_t kCpuBeforeFirstPicture = 60;
  constexpr rlim_t kOpenDescriptors = 3;  // The socket and twice /dev/null.
  // Each of them, also when another cannot be had.
  bool all = limit_memory(memory);
  all = limit(RLIMIT_CPU, kCpuBeforeFirstPicture, RLIM_INFINITY) && all;
  all = limit(RLIMIT_FSIZE, 0, 0) && all;
  all = limit(RLIMIT_CORE, 0, 0) && all;
  all = limit(RLIMIT_NOFILE, kOpenDescriptors, kOpenDescriptors) && all;
  return all;
}

// landlock_ruleset_attr as of ABI 6; Debian 12's header knows the first field only.
struct LandlockRuleset {
  std::uint64_t handled_access_fs = 0;
  std::uint64_t handled_access_net = 0;
  std::uint64_t scoped = 0;
};

// Handles every right that this kernel's Landlock knows and allows none, so that no path can
// be used any more (linux/landlock.h; the ABI versions are listed in landlock(7)).
bool forbid_every_path() {
  const long abi =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < 1) {
    return false;
  }
  LandlockRuleset rules;
  std::size_t size = sizeof rules.handled_access_fs;
  rules.handled_access_fs = (1U << 13U) - 1;            // ABI 1: from EXECUTE to MAKE_SYM.
  rules.handled_access_fs |= abi >= 2 ? 1U << 13U : 0;  // REFER
  rules.handled_access_fs |= abi >= 3 ? 1U << 14U : 0;  // TRUNCATE
  rules.handled_access_fs |= abi >= 5 ? 1U << 15U : 0;  // IOCTL_DEV
  if (abi >= 4) {
    rules.handled_access_net = 3;  // BIND_TCP, CONNECT_TCP
    size = offsetof(LandlockRuleset, scoped);
  }
  if (abi >= 6) {
    rules.scoped = 3;  // Abstract Unix sockets and signals of others.
    size = sizeof rules;
  }
  const auto ruleset = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, size, 0));
  if (ruleset < 0) {
    return false;
  }
  const bool restricted = ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
  ::close(ruleset);
  return restricted;
}

using FilterPointer =
    std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, decltype(&seccomp_release)>;

class CallFilter {
 public:
  CallFilter() : filter_(seccomp_init(SCMP_ACT_KILL_PROCESS), &seccomp_release) {}

  template <typename... Conditions>
  void rule(std::uint32_t action, int call, Conditions... conditions) {
    const std::array<scmp_arg_cmp, sizeof...(conditions)> list = {conditions...};
    complete_ = complete_ && filter_ != nullptr &&
                seccomp_rule_add_array(filter_.get(), action, call, list.size(),
                                       list.empty() ? nullptr : list.data()) == 0;
  }

  bool load() { return complete_ && seccomp_load(filter_.get()) == 0; }

 private:
  FilterPointer filter_;
  bool complete_ = true;
};

scmp_arg_cmp argument(unsigned index, scmp_compare comparison, scmp_datum_t a, scmp_datum_t b = 0) {
  return {.arg = index, .op = comparison, .datum_a = a, .datum_b = b};
}

// What decoding, hashing and the socket need. Nothing that opens, connects, starts a process or
// looks at anything; threads, because the decoders of HEVC and AV1 have them; writev, by which libc
// says why it aborts. A call outside the list kills: the daemon sees SIGSYS and counts it.
bool filter_system_calls() {
  CallFilter filter;
  for (const int call : {SCMP_SYS(read),
                         SCMP_SYS(write),
                         SCMP_SYS(writev),
                         SCMP_SYS(close),
                         SCMP_SYS(fstat),
                         SCMP_SYS(munmap),
                         SCMP_SYS(mremap),
                         SCMP_SYS(brk),
                         SCMP_SYS(futex),
                         SCMP_SYS(sched_yield),
                         SCMP_SYS(sched_getaffinity),
                         SCMP_SYS(clock_gettime),
                         SCMP_SYS(clock_nanosleep),
                         SCMP_SYS(rt_sigprocmask),
                         SCMP_SYS(rt_sigreturn),
                         SCMP_SYS(getpid),
                         SCMP_SYS(gettid),
                         SCMP_SYS(getrandom),
                         SCMP_SYS(set_robust_list),
                         SCMP_SYS(rseq),
                         SCMP_SYS(exit),
                         SCMP_SYS(exit_group)}) {
    filter.rule(SCMP_ACT_ALLOW, call);
  }
  for (const int call : sanitizer::kFurtherCalls) {
    filter.rule(SCMP_ACT_ALLOW, call);
  }
  // Memory, but no new code.
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
    filter.rule(SCMP_ACT_ALLOW, call, argument(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  }
  // Giving memory back, but not that which is shared: the daemon touches it without asking. Each
  // advice by itself: libseccomp compares 64 bits, of which the kernel takes 32.
  for (const int advice : sanitizer::kMemoryAdvice) {
    filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(madvise),
                argument(2, SCMP_CMP_EQ, static_cast<scmp_datum_t>(advice)));
  }
  // A thread of this process as libc makes it, nothing else; and its name.
  constexpr scmp_datum_t kThread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
                                   CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS |
                                   CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
  filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(clone), argument(0, SCMP_CMP_EQ, kThread));
  filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(prctl), argument(0, SCMP_CMP_EQ, PR_SET_NAME));
  // So that abort() ends as the crash it is.
  filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(tgkill),
              argument(0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(::getpid())));
  // Its flags cannot be seen by a filter; told that it does not exist, libc uses clone.
  filter.rule(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));
  // Libraries look into /proc and /sys when first used, and do without. Landlock does not keep
  // anyone from asking whether a path exists.
  for (const int call :
       {SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat),
        SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
        SCMP_SYS(readlink), SCMP_SYS(ioctl), SCMP_SYS(uname), SCMP_SYS(sysinfo),
        SCMP_SYS(prlimit64), SCMP_SYS(getdents64)}) {
    filter.rule(SCMP_ACT_ERRNO(EACCES), call);
  }
  return filter.load();
}

// The kernel's choice when the machine is out of memory: the examiner, never the daemon.
void volunteer_for_out_of_memory_kill() {
  constexpr std::string_view kFirst = "1000";
  const int score = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (score >= 0) {
    [[maybe_unused]] const auto ignored = ::write(score, kFirst.data(), kFirst.size());
    ::close(score);
  }
}

}  // namespace

SandboxLayers confine_process(std::uint64_t memory) {
  SandboxLayers layers;
  // Not seen by a debugger or by /proc/PID/mem of the same user, and no core file.
  ::prctl(PR_SET_DUMPABLE, 0);
  if (enter_namespaces()) {
    layers.add(SandboxLayer::Namespaces);
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) {
    layers.add(SandboxLayer::NoNewPrivileges);
  }
  if (forbid_every_path()) {
    layers.add(SandboxLayer::Landlock);
  }
  if (limit_resources(memory)) {
    layers.add(SandboxLayer::ResourceLimits);
  }
  if (filter_system_calls()) {
    layers.add(SandboxLayer::Seccomp);
  }
  return layers;
}

void exit_when_out_of_memory() { std::set_new_handler(&exit_out_of_memory); }

void follow_parent() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGQUIT}) {
    ::signal(signal, SIG_IGN);
  }
  volunteer_for_out_of_memory_kill();
}

}  // namespace sightingd
