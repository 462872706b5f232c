// A clock that runs faster, between a program and the C library: loaded with LD_PRELOAD, it makes
// every second of a day pass in a fraction of one, in the program as it is shipped. What the
// program reads of a clock is multiplied, what it waits for is divided.
//
//   FAST_CLOCK_SPEED   how many seconds pass in one
//   FAST_CLOCK_ORIGIN  CLOCK_MONOTONIC in ns at which the day begins, for all programs of a day
//   FAST_CLOCK_START   seconds since 1970 that the wall clock shows then
//   FAST_CLOCK_OFFSET  a file whose first 8 bytes, a number in seconds, are added to the wall
//   clock:
//                      whoever writes them sets the clock
//
// Waits that the programs here do not use (select, alarm, POSIX timers) are left as they are.

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

std::int64_t nanoseconds(const timespec& time) { return time.tv_sec * kSecond + time.tv_nsec; }

timespec time_of(std::int64_t nanoseconds) {
  return {.tv_sec = nanoseconds / kSecond, .tv_nsec = nanoseconds % kSecond};
}

std::int64_t number(const char* name, std::int64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoll(text, nullptr, 10);
}

class FastClock {
 public:
  static const FastClock& instance() {
    // Never destroyed: threads go on until the process is gone.
    static const FastClock* const clock = new FastClock();
    return *clock;
  }

  bool is_wall(clockid_t clock) const {
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  }
  bool is_steady(clockid_t clock) const {
    return clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW ||
           clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_BOOTTIME;
  }

  int read(clockid_t clock, timespec* time) const {
    if (!is_wall(clock) && !is_steady(clock)) {
      return clock_gettime_(clock, time);
    }
    const std::int64_t shown = steady();
    *time = time_of(is_wall(clock) ? wall_of(shown) : shown);
    return 0;
  }

  /// When a wait that ends at `until`, on a clock as shown, really ends on CLOCK_MONOTONIC.
  timespec real_end(bool on_wall, const timespec& until) const {
    const std::int64_t shown =
        on_wall ? nanoseconds(until) - wall_of(origin_) + origin_ : nanoseconds(until);
    return time_of(origin_ + (shown - origin_) / speed_);
  }

  std::int64_t really(std::int64_t wait) const {
    return wait <= 0 ? wait : (wait + speed_ - 1) / speed_;
  }
  timespec really(const timespec& wait) const { return time_of(really(nanoseconds(wait))); }
  /// Of a wait in milliseconds; -1 is for ever.
  int really_ms(int wait) const { return static_cast<int>(really(wait)); }

 private:
  FastClock()
      : clock_gettime_(next<int(clockid_t, timespec*)>("clock_gettime")),
        speed_(number("FAST_CLOCK_SPEED", 1)),
        origin_(number("FAST_CLOCK_ORIGIN", 0)),
        start_(number("FAST_CLOCK_START", 0) * kSecond) {
    if (const char* const path = std::getenv("FAST_CLOCK_OFFSET")) {
      const int file = ::open(path, O_RDONLY | O_CLOEXEC);
      void* const mapped = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
      offset_ = mapped == MAP_FAILED ? nullptr : static_cast<const volatile std::int64_t*>(mapped);
      ::close(file);
    }
  }

  std::int64_t steady() const {
    timespec now{};
    clock_gettime_(CLOCK_MONOTONIC, &now);
    return origin_ + (nanoseconds(now) - origin_) * speed_;
  }
  std::int64_t wall_of(std::int64_t shown) const {
    return start_ + (shown - origin_) + (offset_ == nullptr ? 0 : *offset_ * kSecond);
  }

  int (*const clock_gettime_)(clockid_t, timespec*);
  const std::int64_t speed_;
  const std::int64_t origin_;
  const std::int64_t start_;
  const volatile std::int64_t* offset_ = nullptr;
};

const FastClock& fast() { return FastClock::instance(); }

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept { return fast().read(clock, time); }

time_t time(time_t* into) noexcept {
  timespec now{};
  fast().read(CLOCK_REALTIME, &now);
  if (into != nullptr) {
    *into = now.tv_sec;
  }
  return now.tv_sec;
}

int gettimeofday(timeval* into, void*) noexcept {
  timespec now{};
  fast().read(CLOCK_REALTIME, &now);
  into->tv_sec = now.tv_sec;
  into->tv_usec = now.tv_nsec / 1000;
  return 0;
}

int nanosleep(const timespec* wait, timespec* left) {
  static auto* const real = next<int(const timespec*, timespec*)>("nanosleep");
  const timespec scaled = fast().really(*wait);
  return real(&scaled, left);
}

int clock_nanosleep(clockid_t clock, int flags, const timespec* wait, timespec* left) {
  static auto* const real =
      next<int(clockid_t, int, const timespec*, timespec*)>("clock_nanosleep");
  if ((flags & TIMER_ABSTIME) != 0) {
    const timespec end = fast().real_end(fast().is_wall(clock), *wait);
    return real(CLOCK_MONOTONIC, flags, &end, left);
  }
  const timespec scaled = fast().really(*wait);
  return real(CLOCK_MONOTONIC, flags, &scaled, left);
}

int usleep(useconds_t wait) {
  const timespec scaled = fast().really(time_of(std::int64_t{wait} * 1000));
  static auto* const real = next<int(const timespec*, timespec*)>("nanosleep");
  return real(&scaled, nullptr);
}

int poll(pollfd* files, nfds_t count, int wait) {
  static auto* const real = next<int(pollfd*, nfds_t, int)>("poll");
  return real(files, count, fast().really_ms(wait));
}

int ppoll(pollfd* files, nfds_t count, const timespec* wait, const sigset_t* mask) {
  static auto* const real = next<int(pollfd*, nfds_t, const timespec*, const sigset_t*)>("ppoll");
  if (wait == nullptr) {
    return real(files, count, nullptr, mask);
  }
  const timespec scaled = fast().really(*wait);
  return real(files, count, &scaled, mask);
}

int epoll_wait(int epoll, epoll_event* events, int most, int wait) {
  static auto* const real = next<int(int, epoll_event*, int, int)>("epoll_wait");
  return real(epoll, events, most, fast().really_ms(wait));
}

int timerfd_settime(int timer, int flags, const itimerspec* wanted, itimerspec* before) noexcept {
  static auto* const real = next<int(int, int, const itimerspec*, itimerspec*)>("timerfd_settime");
  if ((flags & TFD_TIMER_ABSTIME) != 0) {
    return real(timer, flags, wanted, before);
  }
  const itimerspec scaled{.it_interval = fast().really(wanted->it_interval),
                          .it_value = fast().really(wanted->it_value)};
  return real(timer, flags, &scaled, before);
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                           const timespec* until) {
  static auto* const real =
      next<int(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*)>(
          "pthread_cond_clockwait");
  const timespec end = fast().real_end(fast().is_wall(clock), *until);
  return real(condition, mutex, CLOCK_MONOTONIC, &end);
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                           const timespec* until) {
  return pthread_cond_clockwait(condition, mutex, CLOCK_REALTIME, until);
}

}  // extern "C"
