#pragma once

#include "examiner/examiner.h"
#include "examiner/examiner_options.h"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sightingd {

/// What the pool has seen since its start, for metrics and status.
struct ExaminerStatistics {
  /// Processes that ended and were replaced, by reason: "crash", "hang", "memory", "cpu",
  /// "seccomp", "protocol". Every reason is there from the start, at zero.
  std::map<std::string, std::uint64_t> restarts;
  std::size_t waiting = 0;          ///< Pictures waiting for a process.
  std::size_t busy = 0;             ///< Processes at work.
  std::vector<std::string> layers;  ///< The layers of the sandbox that hold.
};

/// What examining one picture may take before its process is killed. Processor time is the
/// real limit; wall time, being longer, only catches a process that waits for ever, so that
/// a loaded machine rejects no innocent picture.
struct ExaminerAllowance {
  std::chrono::milliseconds wall{30'000};
  std::chrono::milliseconds wall_per_mebibyte{2'000};
  std::chrono::milliseconds cpu{10'000};
  std::chrono::milliseconds cpu_per_mebibyte{500};
};

/// Finds `sighting-examiner` in the folder of the running program, then in
/// /usr/libexec/sightingd. Never looks in PATH.
std::optional<std::filesystem::path> find_examiner_program();

/// Keeps sandboxed processes that examine pictures: as many as the options say, and a spare one.
///
/// A process that dies or is killed costs its picture only: the others go on, and a new one is
/// started, slower and slower when they keep dying. Pictures are served in
/// the order in which they came, except that one above 20 megapixels, and never two, is examined
/// beside the others: none of them waits for it. The spare helps when there is more to do than
/// the others can take: no core idles while a picture is on its way. Whatever no process can take
/// waits with whoever brought it. No byte of a picture is parsed here, and no byte that comes back
/// is believed before it was checked; digests and the id are computed here.
///
/// The processes die with the thread that runs the executor. Not thread-safe: use it from
/// its executor, which must outlive it.
class ExaminerPool final : public Examiner {
 public:
  ExaminerPool(boost::asio::any_io_executor executor, const ExaminerOptions& options,
               std::filesystem::path program, const ExaminerAllowance& allowance = {});
  /// Kills whatever still runs.
  ~ExaminerPool() override;

  /// Starts the processes; returns as soon as one is ready. Call it once.
  /// Fails with Forbidden and the reason "sandbox" when a required layer is missing and
  /// the options require it, with Unavailable when no process can be started. Then nothing
  /// runs.
  boost::asio::awaitable<Result<void>> start();

  /// See Examiner. A cancelled call throws operation_aborted; its process, if it had one
  /// at work, is replaced and not counted. Fails with Unavailable after stop() too, and when the
  /// system has no memory to share.
  boost::asio::awaitable<Result<Examination>> examine(std::string bytes) override;

  std::string cannot_examine() const override;

  /// Kills every process and returns when none is left. Pictures being examined or waiting
  /// fail with Unavailable, none of them is rejected.
  boost::asio::awaitable<void> stop();

  ExaminerStatistics statistics() const;

 private:
  class State;
  // Shared with the coroutines that look after the processes: they may end after the pool.
  std::shared_ptr<State> state_;
};

}  // namespace sightingd
