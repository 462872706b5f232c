// An examiner for tests: examines nothing, and does what its "picture" tells it to do.
#include "examiner/serve.h"
#include "pipeline/digest.h"
#include "tests/examiner/orders.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

namespace sightingd::test {
namespace {

void say(std::string_view bytes) {
  if (::write(STDIN_FILENO, bytes.data(), bytes.size()) < 0) {
    _exit(1);
  }
}

void sleep_for_ever() {
  for (;;) {
    const timespec hour{.tv_sec = 3600, .tv_nsec = 0};
    ::clock_nanosleep(CLOCK_MONOTONIC, 0, &hour, nullptr);
  }
}

void compute_for_ever() {
  volatile bool working = true;
  while (working) {
  }
}

void take_ten_gigabytes() {
  std::vector<std::string> hoard;
  for (int i = 0; i < 10'000; ++i) {
    hoard.emplace_back(1U << 20U, 'x');
  }
}

// Announces more than was agreed on, for a reader who allocates first and asks later.
void lie_about_the_length() {
  std::string verdict = write_verdict(NotAnImage{});
  verdict.replace(kHeaderSize - 4, 4, "\xff\xff\xff\x7f");
  say(verdict);
  sleep_for_ever();
}

ExaminedImage image_of(std::string_view bytes, std::uint32_t side) {
  ExaminedImage image;
  image.stripped = bytes;
  image.photo.width = side;
  image.photo.height = side;
  image.photo.bytes = bytes.size();
  return image;
}

void answer_by_half(std::string_view bytes) {
  const std::string verdict = write_verdict(image_of(bytes, 100));
  say(verdict.substr(0, verdict.size() / 2));
  sleep_for_ever();
}

void answer_and_go_on() {
  say(write_verdict(NotAnImage{}) + "x");
  sleep_for_ever();
}

// Says that bytes lie in the shared memory which no rejection has.
void reject_and_return_bytes() {
  std::string verdict = write_verdict(RejectReason::Malformed);
  verdict.replace(kHeaderSize - 8, 1, "x");
  say(verdict);
  sleep_for_ever();
}

void take_shared_memory_away(std::string_view bytes, unsigned long advice) {
  const auto page = reinterpret_cast<std::uintptr_t>(bytes.data()) & ~std::uintptr_t{4095};
  ::syscall(SYS_madvise, page, 4096, advice);
}

bool has_what_it_needs_only() {
  constexpr int kPlausible = 1024;
  int open = 0;
  for (int descriptor = 0; descriptor < kPlausible; ++descriptor) {
    struct stat ignored {};
    // Not libc's fstat, which asks newfstatat.
    open += ::syscall(SYS_fstat, descriptor, &ignored) == 0 ? 1 : 0;
  }
  return open == 3 && *environ == nullptr;
}

Examination obey(std::string_view bytes, const ImageLimits& limits) {
  if (bytes == kCrash) {
    std::abort();
  }
  if (bytes == kBadAccess) {
    *static_cast<volatile int*>(nullptr) = 1;
  } else if (bytes == kSleep) {
    sleep_for_ever();
  } else if (bytes == kCompute) {
    compute_for_ever();
  } else if (bytes == kTakeMemory) {
    take_ten_gigabytes();
  } else if (bytes == kOpenSocket) {
    ::socket(AF_INET, SOCK_STREAM, 0);
  } else if (bytes == kGarbage) {
    say(std::string(4096, 'g'));
    sleep_for_ever();
  } else if (bytes == kLie) {
    lie_about_the_length();
  } else if (bytes == kHalf) {
    answer_by_half(bytes);
  } else if (bytes == kMore) {
    answer_and_go_on();
  } else if (bytes == kExit) {
    _exit(0);
  } else if (bytes == kOpenFile) {
    return std::fopen("/etc/passwd", "r") == nullptr ? Examination(RejectReason::Malformed)
                                                     : Examination(NotAnImage{});
  } else if (bytes == kStatFile) {
    struct stat ignored {};
    return ::stat("/etc/passwd", &ignored) != 0 && errno == EACCES
               ? Examination(RejectReason::Malformed)
               : Examination(NotAnImage{});
  } else if (bytes == kLookAround) {
    return has_what_it_needs_only() ? Examination(NotAnImage{})
                                    : Examination(RejectReason::Malformed);
  } else if (bytes == kPhantom) {
    reject_and_return_bytes();
  } else if (bytes == kPunch) {
    take_shared_memory_away(bytes, MADV_REMOVE);
  } else if (bytes == kPunchSlyly) {
    take_shared_memory_away(bytes, MADV_REMOVE | 1UL << 32U);
  } else if (bytes == kShorten) {
    return image_of(bytes.substr(0, bytes.size() - 1), 100);
  } else if (bytes == kChange) {
    return image_of(std::string(bytes.substr(0, bytes.size() - 1)) + "!", 100);
  } else if (bytes == kGrow) {
    return image_of(std::string(bytes) + "!", 100);
  } else if ((bytes == kLarge || bytes == kLargeAndSlow) && limits.max_pixels < kLargePixels) {
    return RejectReason::TooManyPixels;
  } else if (bytes == kLargeAndSlow) {
    sleep_for_ever();
  } else if (bytes.starts_with("GIF") || bytes.starts_with("\x89PNG")) {
    return RejectReason::UnsupportedVariant;
  }
  return image_of(bytes, bytes == kLarge ? 5'000 : 100);
}

}  // namespace
}  // namespace sightingd::test

int main() { _exit(static_cast<int>(sightingd::serve_examiner(&sightingd::test::obey))); }
