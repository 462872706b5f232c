#include "daemon/ops/process_usage.h"

#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace sightingd {
namespace {

std::chrono::nanoseconds cpu_time() {
  timespec spent{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent) != 0) {
    return std::chrono::nanoseconds(0);
  }
  return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

std::optional<std::uint64_t> count_descriptors() {
  std::error_code error;
  std::uint64_t count = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end;
       !error && entry != end; entry.increment(error)) {
    ++count;
  }
  if (error || count == 0) {
    return std::nullopt;
  }
  return count - 1;  // The one that reads the directory.
}

std::optional<std::uint64_t> descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return std::nullopt;
  }
  return limit.rlim_cur;
}

}  // namespace

ProcessUsage process_usage() {
  ProcessUsage usage;
  usage.cpu = cpu_time();
  // proc(5): sizes in pages, the whole first, the resident part second.
  std::ifstream sizes("/proc/self/statm");
  std::uint64_t whole = 0;
  std::uint64_t resident = 0;
  if (sizes >> whole >> resident) {
    const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    usage.virtual_bytes = whole * page;
    usage.resident_bytes = resident * page;
  }
  usage.open_descriptors = count_descriptors();
  usage.max_descriptors = descriptor_limit();
  return usage;
}

}  // namespace sightingd
