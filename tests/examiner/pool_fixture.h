#pragma once

#include "examiner/pool.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd::test {

/// Of this process: its examiners, alive or not yet reaped (the fourth field of proc(5)'s stat,
/// which comes after a name in brackets).
inline std::vector<pid_t> children() {
  std::vector<pid_t> pids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream stat(entry.path() / "stat");
    std::string text;
    std::getline(stat, text);
    char state = 0;
    pid_t parent = 0;
    std::istringstream rest(text.substr(std::min(text.size(), text.rfind(')') + 1)));
    if (rest >> state >> parent && parent == ::getpid()) {
      pids.push_back(std::stoi(entry.path().filename()));
    }
  }
  return pids;
}

using Answer = std::future<Result<Examination>>;

/// A pool of real processes and the loop it runs in.
class PoolFixture : public testing::Test {
 protected:
  PoolFixture() { options.processes = 1; }
  ~PoolFixture() override {
    if (pool) {
      run(pool->stop());
    }
  }

  Result<void> start(const std::filesystem::path& program) {
    pool = std::make_unique<ExaminerPool>(context.get_executor(), options, program, allowance);
    return run(pool->start());
  }

  // Turns the loop until `condition` holds.
  void run_until(const std::function<bool()>& condition) {
    context.restart();
    while (!condition()) {
      context.run_one_for(std::chrono::milliseconds(100));
    }
  }

  template <typename T>
  T run(boost::asio::awaitable<T> work) {
    auto result = boost::asio::co_spawn(context, std::move(work), boost::asio::use_future);
    run_until(
        [&] { return result.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
    return result.get();
  }

  Answer ask(std::string_view bytes) {
    return boost::asio::co_spawn(context, pool->examine(std::string(bytes)),
                                 boost::asio::use_future);
  }
  Result<Examination> answer_to(std::string_view bytes) {
    return run(pool->examine(std::string(bytes)));
  }
  static bool is_there(const Answer& answer) {
    return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }

  // Kills every process from outside, and returns when the pool has seen it.
  void kill_children() {
    const std::vector<pid_t> killed = children();
    for (const pid_t pid : killed) {
      ::kill(pid, SIGKILL);
    }
    run_until([&] {
      const std::vector<pid_t> left = children();
      return std::find_first_of(left.begin(), left.end(), killed.begin(), killed.end()) ==
             left.end();
    });
    context.poll();
  }

  std::uint64_t restarts() const {
    const auto counts = pool->statistics().restarts;
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const auto& count) { return sum + count.second; });
  }

  boost::asio::io_context context;
  ExaminerOptions options;
  ExaminerAllowance allowance;
  std::unique_ptr<ExaminerPool> pool;
};

}  // namespace sightingd::test
