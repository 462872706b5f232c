// examiner-bench round-trip ECHO_EXAMINER
// examiner-bench throughput PROCESSES PHOTOS
//
// What it costs to have pictures examined in other processes. round-trip: the way of 190 kB to an
// examiner that does no work and back, beside a copy through a socket pair to a process that
// sends back what it reads. The pool takes a digest of what it has sent, and one of what has come:
// so does the reference, at the same moments. throughput: drawn photos of 1280x960 and about 190
// kB, so many processes. Prints a line of JSON.
#include "examiner/pool.h"
#include "pipeline/digest.h"
#include "tests/support/pictures.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd::bench {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kBytes = 190'000;
constexpr int kTurns = 80;
constexpr int kTripsATurn = 50;
constexpr int kDistinctPhotos = 8;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "examiner-bench: %s\n", what.c_str());
  std::exit(1);
}

using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point begun) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begun).count();
}

double median(std::vector<double> times) {
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2),
                   times.end());
  return times[times.size() / 2];
}

// ---- The reference

bool move_all(int socket, char* bytes, std::size_t size, bool write) {
  for (std::size_t done = 0; done < size;) {
    const ssize_t moved = write ? ::write(socket, bytes + done, size - done)
                                : ::read(socket, bytes + done, size - done);
    if (moved <= 0) {
      return false;
    }
    done += static_cast<std::size_t>(moved);
  }
  return true;
}

[[noreturn]] void send_back(int socket) {
  std::vector<char> bytes(kBytes);
  while (move_all(socket, bytes.data(), kBytes, false) &&
         move_all(socket, bytes.data(), kBytes, true)) {
  }
  _exit(0);
}

// A process that sends back what it reads.
class Echo {
 public:
  Echo() {
    int ends[2];
    constexpr int kRoom = 1 << 20;  // So that neither waits for the other to read.
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
      fail("no socket pair");
    }
    for (const int end : ends) {
      ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &kRoom, sizeof kRoom);
    }
    child_ = ::fork();
    if (child_ < 0) {
      fail("no process");
    }
    if (child_ == 0) {
      ::close(ends[0]);
      send_back(ends[1]);
    }
    ::close(ends[1]);
    socket_ = ends[0];
  }
  ~Echo() {
    ::close(socket_);
    ::waitpid(child_, nullptr, 0);
  }
  Echo(const Echo&) = delete;
  Echo& operator=(const Echo&) = delete;

  // Microseconds there and back.
  double trip(bool with_digests) {
    const auto begun = Clock::now();
    if (!move_all(socket_, bytes_.data(), kBytes, true)) {
      fail("the copy came to nothing");
    }
    const Sha256 sent = with_digests ? sha256({bytes_.data(), kBytes}) : Sha256{};
    if (!move_all(socket_, bytes_.data(), kBytes, false)) {
      fail("the copy came to nothing");
    }
    if (with_digests && sha256({bytes_.data(), kBytes}) != sent) {
      fail("the copy came back changed");
    }
    return microseconds_since(begun);
  }

 private:
  pid_t child_ = -1;
  int socket_ = -1;
  std::vector<char> bytes_ = std::vector<char>(kBytes, 'x');
};

// ---- The pool

template <typename Work>
void run(Work work) {
  asio::io_context loop(1);
  asio::co_spawn(loop, std::move(work), [](std::exception_ptr failure) {
    if (failure) {
      std::rethrow_exception(failure);
    }
  });
  loop.run();
}

asio::awaitable<void> start(ExaminerPool& pool) {
  if (const auto started = co_await pool.start(); !started) {
    fail(started.error().message);
  }
}

struct Trips {
  std::vector<double> copy;
  std::vector<double> copy_with_digests;
  std::vector<double> pool;
};

// In turns: what else the machine does meets all three alike.
asio::awaitable<void> make_trips(std::string program, Trips* trips) {
  ExaminerOptions options;
  options.processes = 1;
  Echo echo;
  ExaminerPool pool(co_await asio::this_coro::executor, options, program);
  co_await start(pool);
  std::string bytes(kBytes, 'x');
  for (int turn = 0; turn < kTurns; ++turn) {
    for (int trip = 0; trip < kTripsATurn; ++trip) {
      trips->copy.push_back(echo.trip(false));
    }
    for (int trip = 0; trip < kTripsATurn; ++trip) {
      trips->copy_with_digests.push_back(echo.trip(true));
    }
    for (int trip = 0; trip < kTripsATurn; ++trip) {
      const auto begun = Clock::now();
      auto examined = co_await pool.examine(std::move(bytes));
      trips->pool.push_back(microseconds_since(begun));
      auto* const image = examined ? std::get_if<ExaminedImage>(&*examined) : nullptr;
      if (image == nullptr) {
        fail("the picture did not come back");
      }
      bytes = std::move(image->stripped);  // The reference has its bytes in one place, too.
    }
  }
  co_await pool.stop();
}

int round_trip(const std::string& program) {
  Trips trips;
  run(make_trips(program, &trips));
  std::printf("{\"copy_us\": %.1f, \"copy_with_digests_us\": %.1f, \"trip_us\": %.1f}\n",
              median(trips.copy), median(trips.copy_with_digests), median(trips.pool));
  return 0;
}

// What several callers share.
struct Campaign {
  ExaminerPool& pool;
  std::vector<std::string> photos;
  int left = 0;
  std::size_t callers = 0;
};

asio::awaitable<void> examine_some(Campaign* campaign) {
  while (campaign->left > 0) {
    const auto which = static_cast<std::size_t>(campaign->left--) % campaign->photos.size();
    std::string copy = campaign->photos[which];
    const auto examined = co_await campaign->pool.examine(std::move(copy));
    if (!examined || !std::holds_alternative<ExaminedImage>(*examined)) {
      fail("a photo was not examined");
    }
  }
  if (--campaign->callers == 0) {
    co_await campaign->pool.stop();
  }
}

asio::awaitable<void> begin(Campaign* campaign, Clock::time_point* begun) {
  co_await start(campaign->pool);
  *begun = Clock::now();
  for (std::size_t i = 0; i < campaign->callers; ++i) {
    asio::co_spawn(co_await asio::this_coro::executor, examine_some(campaign), asio::detached);
  }
}

int throughput(unsigned processes, int photos) {
  const auto program = find_examiner_program();
  if (!program || processes == 0 || photos <= 0) {
    fail("no examiner beside this program, or nothing to do");
  }
  ExaminerOptions options;
  options.processes = processes;
  asio::io_context loop(1);
  ExaminerPool pool(loop.get_executor(), options, *program);
  Campaign campaign{.pool = pool, .photos = {}, .left = photos, .callers = 3 * processes};
  for (int seed = 0; seed < kDistinctPhotos; ++seed) {
    campaign.photos.push_back(test::encode_jpeg(
        test::with_noise(test::draw_scene(seed, 1280, 960), seed, 10), {}, {.quality = 86}));
  }
  Clock::time_point begun;
  asio::co_spawn(loop, begin(&campaign, &begun), asio::detached);
  loop.run();
  std::printf("{\"images_per_s\": %.1f}\n", photos / (microseconds_since(begun) / 1e6));
  return 0;
}

int main(int count, char** arguments) {
  const std::string_view what = count > 1 ? arguments[1] : "";
  if (what == "round-trip" && count == 3) {
    return round_trip(arguments[2]);
  }
  if (what == "throughput" && count == 4) {
    return throughput(static_cast<unsigned>(std::atoi(arguments[2])), std::atoi(arguments[3]));
  }
  std::fprintf(stderr,
               "usage: examiner-bench round-trip ECHO_EXAMINER | throughput PROCESSES PHOTOS\n");
  return 2;
}

}  // namespace
}  // namespace sightingd::bench

int main(int count, char** arguments) { return sightingd::bench::main(count, arguments); }
