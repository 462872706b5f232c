#include "examiner/pool.h"

#include "examiner/picture_area.h"
#include "examiner/process.h"
#include "examiner/protocol.h"
#include "examiner/restart_pace.h"
#include "pipeline/stripped_size.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>
#include <exception>
#include <list>
#include <thread>
#include <utility>

namespace sightingd {
namespace asio = boost::asio;
namespace {

using boost::system::error_code;
using namespace std::chrono_literals;

constexpr std::uint64_t kSharedPixels = 20'000'000;  // Larger pictures are examined one at a time.
constexpr auto kEndTime = 10s;                       // For a process that has closed its socket.
constexpr auto kHandshakeTime = 30s;                 // Loading libraries on a machine under load.
// Why a conversation failed: the process ended before it was asked.
constexpr const char* kUnread = "unread";
constexpr int kAttempts = 3;  // At a picture whose process is killed from outside.
constexpr int kRestartBurst = 16;
constexpr auto kRestartInterval = 250ms;
constexpr auto kFirstRetry = 100ms;        // After a failed start; doubled with each round.
constexpr std::size_t kMostDoublings = 7;  // 13 s

constexpr std::array kCountedEnds = {ProcessEnd::Crash, ProcessEnd::Hang,    ProcessEnd::Memory,
                                     ProcessEnd::Cpu,   ProcessEnd::Seccomp, ProcessEnd::Protocol};

// The reason a replaced process is counted under; none when the daemon itself gave it up.
std::optional<std::string> counted_as(ProcessEnd end) {
  switch (end) {
    case ProcessEnd::Crash:
    case ProcessEnd::Killed:
      return "crash";
    case ProcessEnd::Hang:
      return "hang";
    case ProcessEnd::Memory:
      return "memory";
    case ProcessEnd::Cpu:
      return "cpu";
    case ProcessEnd::Seccomp:
      return "seccomp";
    case ProcessEnd::Protocol:
      return "protocol";
    case ProcessEnd::Unneeded:
      break;
  }
  return std::nullopt;
}

// What the end of a process makes of the picture it was working on.
RejectReason reject_reason(ProcessEnd end) {
  switch (end) {
    case ProcessEnd::Hang:
    case ProcessEnd::Cpu:
      return RejectReason::Timeout;
    case ProcessEnd::Memory:
      return RejectReason::Bomb;
    case ProcessEnd::Crash:
    case ProcessEnd::Seccomp:
    case ProcessEnd::Protocol:
    case ProcessEnd::Killed:
    case ProcessEnd::Unneeded:
      break;
  }
  return RejectReason::Crashed;
}

Error unavailable(std::string message) {
  return {.code = ErrorCode::Unavailable,
          .message = std::move(message),
          .reason = "examiner_unavailable"};
}

Error stopping() { return unavailable("the examiner is being stopped"); }

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

std::chrono::milliseconds scaled(std::chrono::milliseconds base,
                                 std::chrono::milliseconds per_mebibyte, std::size_t bytes) {
  return base + std::chrono::duration_cast<std::chrono::milliseconds>(
                    per_mebibyte * (static_cast<double>(bytes) / (1U << 20U)));
}

// An examiner process as the event loop sees it.
struct Worker {
  Worker(const asio::any_io_executor& executor, SpawnedProcess process, PictureArea shared)
      : area(std::move(shared)),
        pid(process.pid),
        cpu(process.pid),
        pidfd(executor, process.pidfd.release()),
        socket(executor, asio::local::stream_protocol(), process.socket.release()),
        ended(executor, asio::steady_timer::time_point::max()) {
    socket.non_blocking(true);
  }

  // The first reason given is the one that counts.
  void kill(ProcessEnd reason) {
    if (!end) {
      killed_for = killed_for.value_or(reason);
      kill_process(pidfd.native_handle());
    }
  }

  PictureArea area;
  const pid_t pid;
  CpuLimit cpu;
  asio::posix::stream_descriptor pidfd;
  asio::local::stream_protocol::socket socket;
  asio::steady_timer ended;  // Never expires; cancelled once `end` is known.
  std::optional<ProcessEnd> killed_for;
  std::optional<ProcessEnd> end;
};

using WorkerPointer = std::shared_ptr<Worker>;

// Kills a worker that takes too long, unless it is destroyed before.
class Deadline {
 public:
  Deadline(const WorkerPointer& worker, std::chrono::milliseconds allowed)
      : timer_(worker->pidfd.get_executor(), allowed) {
    timer_.async_wait([worker, over = over_](error_code cancelled) {
      // An expiry may already be queued when the answer comes.
      if (!cancelled && !*over) {
        worker->kill(ProcessEnd::Hang);
      }
    });
  }
  ~Deadline() { *over_ = true; }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  std::shared_ptr<bool> over_ = std::make_shared<bool>(false);
  asio::steady_timer timer_;
};

using Socket = asio::local::stream_protocol::socket;

// Moves what the socket takes or has at once; only to wait for more is the event loop asked.
// `Transfer`: how many bytes, or would_block. Fails with Unavailable when the socket does.
template <typename Transfer>
asio::awaitable<Result<std::size_t>> move_some(WorkerPointer worker,
                                               asio::socket_base::wait_type wait,
                                               Transfer transfer) {
  for (;;) {
    error_code failure;
    const std::size_t moved = transfer(worker->socket, failure);
    if (failure == asio::error::would_block) {
      co_await worker->socket.async_wait(wait, asio::redirect_error(asio::use_awaitable, failure));
    } else if (!failure) {
      co_return moved;
    }
    if (failure) {
      co_return unavailable("an examiner closed its socket");
    }
  }
}

// One conversation with a worker. Its time is limited by whoever calls.
asio::awaitable<Result<void>> send(WorkerPointer worker, std::string message) {
  for (std::size_t sent = 0; sent < message.size();) {
    const auto transfer = [rest = asio::buffer(message) + sent](Socket& socket,
                                                                error_code& failure) {
      return socket.write_some(rest, failure);
    };
    const auto moved = co_await move_some(worker, asio::socket_base::wait_write, transfer);
    if (!moved) {
      co_return moved.error();
    }
    sent += *moved;
  }
  co_return Result<void>();
}

struct Message {
  std::string facts;
  std::uint64_t picture_size = 0;
};

// Nothing may follow it: an examiner speaks when it is asked.
asio::awaitable<Result<Message>> receive(WorkerPointer worker, MessageType expected,
                                         std::uint64_t max_picture) {
  std::array<char, kHeaderSize + kMaxFactsSize + 1> bytes{};
  std::size_t have = 0;
  std::optional<MessageSize> size;
  while (!size || have < kHeaderSize + size->facts) {
    const auto transfer = [rest = asio::buffer(bytes) + have](Socket& socket, error_code& failure) {
      return socket.read_some(rest, failure);
    };
    const auto moved = co_await move_some(worker, asio::socket_base::wait_read, transfer);
    if (!moved) {
      co_return moved.error();
    }
    have += *moved;
    if (!size && have >= kHeaderSize) {
      const auto announced =
          read_header(std::string_view(bytes.data(), kHeaderSize), expected, max_picture);
      if (!announced) {
        co_return announced.error();
      }
      size = *announced;
    }
  }
  if (have > kHeaderSize + size->facts) {
    co_return Error{.code = ErrorCode::Malformed,
                    .message = "the examiner protocol: more than was asked for",
                    .reason = "protocol"};
  }
  co_return Message{.facts = std::string(bytes.data() + kHeaderSize, size->facts),
                    .picture_size = size->picture};
}

}  // namespace

// What the pool and its coroutines share. One "keeper" coroutine a process starts it, hands
// it to whoever waits, buries it and starts the next.
class ExaminerPool::State : public std::enable_shared_from_this<State> {
 public:
  State(asio::any_io_executor executor, const ExaminerOptions& options,
        std::filesystem::path program, const ExaminerAllowance& allowance);

  static asio::awaitable<Result<void>> start(std::shared_ptr<State> self);
  static asio::awaitable<Result<Examination>> examine(std::shared_ptr<State> self,
                                                      std::string bytes);
  static asio::awaitable<void> stop(std::shared_ptr<State> self);
  void abandon();
  std::string cannot_examine() const;
  ExaminerStatistics statistics() const;

 private:
  // Starts one process after another; outlives each.
  struct Keeper {
    explicit Keeper(const asio::any_io_executor& executor) : pause(executor) {}
    asio::steady_timer pause;
    WorkerPointer worker;
  };
  class Lease;
  struct Waiter;

  static asio::awaitable<void> keep(std::shared_ptr<State> self, Keeper* keeper);
  static asio::awaitable<Result<Ready>> shake_hands(WorkerPointer worker, std::uint64_t memory);
  static asio::awaitable<void> bury(std::shared_ptr<State> self, WorkerPointer worker);
  static asio::awaitable<void> pause(Keeper* keeper, asio::steady_timer::time_point until);

  static asio::awaitable<Result<Lease>> take_worker(std::shared_ptr<State> self, bool large);
  static asio::awaitable<Result<Examination>> examine_in(std::shared_ptr<State> self,
                                                         std::string& bytes, ImageLimits limits,
                                                         bool large);
  static asio::awaitable<Result<Examination>> converse(std::shared_ptr<State> self, Lease& lease,
                                                       std::string& bytes, ImageLimits limits);

  std::uint64_t max_bytes() const { return std::min(options_.max_bytes, kMaxPictureSize); }
  Result<void> launch(Keeper& keeper);
  asio::steady_timer::time_point next_start();
  Result<void> check_sandbox(SandboxLayers layers) const;
  void note_start(Result<void> outcome);
  // No process works, and every attempt to start one has failed of late.
  bool cannot_start() const;
  bool start_has_failed() const;
  void make_ready(const WorkerPointer& worker);
  void give_back(const WorkerPointer& worker, bool large, bool finished);
  void hand_out();
  void refuse_waiters(const Error& error);
  void keeper_ended();

  const asio::any_io_executor executor_;
  const ExaminerOptions options_;
  const std::filesystem::path program_;
  const ExaminerAllowance allowance_;
  const std::size_t places_;

  std::list<Keeper> keepers_;
  std::size_t running_keepers_ = 0;
  asio::steady_timer all_ended_;  // Never expires; cancelled when the last keeper ends.
  RestartPace pace_{kRestartBurst, kRestartInterval};

  std::optional<Result<void>> start_outcome_;  // Of the latest start of a process.
  bool has_started_ = false;                   // One of them, ever.
  std::size_t failed_starts_ = 0;              // Since one succeeded.
  asio::steady_timer first_start_;             // Never expires; cancelled by the first outcome.
  bool stopping_ = false;

  std::deque<WorkerPointer> ready_;
  std::list<Waiter*> waiters_;
  std::size_t busy_ = 0;
  bool large_at_work_ = false;

  std::map<std::string, std::uint64_t> restarts_;
  SandboxLayers layers_;
};

// The right to use one worker; given back when it dies.
class ExaminerPool::State::Lease {
 public:
  Lease(std::shared_ptr<State> pool, WorkerPointer worker, bool large)
      : pool_(std::move(pool)), worker_(std::move(worker)), large_(large) {}
  ~Lease() { give_back(); }
  Lease(Lease&&) = default;
  Lease& operator=(Lease&&) = delete;

  const WorkerPointer& worker() const { return worker_; }
  // From here on the worker is of no use to anyone else,
  void begin() { finished_ = false; }
  // and from here on it is somebody else's.
  void finish() {
    finished_ = true;
    give_back();
  }

 private:
  void give_back() {
    if (const auto pool = std::exchange(pool_, nullptr)) {
      pool->give_back(worker_, large_, finished_);
    }
  }

  std::shared_ptr<State> pool_;
  WorkerPointer worker_;
  bool large_;
  bool finished_ = true;
};

// A picture in the queue. Lives in its coroutine's frame.
struct ExaminerPool::State::Waiter {
  Waiter(State& state, bool is_large)
      : pool(state),
        large(is_large),
        settled(state.executor_, asio::steady_timer::time_point::max()) {
    pool.waiters_.push_back(this);
  }
  ~Waiter() { pool.waiters_.remove(this); }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  bool is_settled() const { return lease || error; }

  State& pool;
  const bool large;
  asio::steady_timer settled;  // Never expires; cancelled when there is a lease or an error.
  std::optional<Lease> lease;
  std::optional<Error> error;
};

ExaminerPool::State::State(asio::any_io_executor executor, const ExaminerOptions& options,
                           std::filesystem::path program, const ExaminerAllowance& allowance)
    : executor_(std::move(executor)),
      options_(options),
      program_(std::move(program)),
      allowance_(allowance),
      places_(options.processes != 0 ? options.processes
                                     : std::max(1U, std::thread::hardware_concurrency())),
      all_ended_(executor_, asio::steady_timer::time_point::max()),
      first_start_(executor_, asio::steady_timer::time_point::max()) {
  for (const ProcessEnd end : kCountedEnds) {
    restarts_[*counted_as(end)] = 0;
  }
}

asio::awaitable<Result<void>> ExaminerPool::State::start(std::shared_ptr<State> self) {
  for (std::size_t i = 0; i < self->places_ + 1; ++i) {
    Keeper& keeper = self->keepers_.emplace_back(self->executor_);
    ++self->running_keepers_;
    asio::co_spawn(self->executor_, keep(self, &keeper), [self](std::exception_ptr bug) {
      self->keeper_ended();
      if (bug) {
        std::rethrow_exception(bug);
      }
    });
  }
  while (!self->stopping_ && !self->has_started_ && !self->start_has_failed()) {
    error_code ignored;
    co_await self->first_start_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (self->has_started_ && !self->stopping_) {
    co_return Result<void>();
  }
  const Result<void> outcome = self->stopping_ ? stopping() : *self->start_outcome_;
  co_await stop(self);
  co_return outcome;
}

asio::awaitable<void> ExaminerPool::State::keep(std::shared_ptr<State> self, Keeper* keeper) {
  while (!self->stopping_) {
    Result<void> started = self->launch(*keeper);
    if (started) {
      const WorkerPointer worker = keeper->worker;
      const auto ready = co_await shake_hands(worker, self->options_.memory);
      started = ready ? self->check_sandbox(ready->layers) : ready.error();
      self->note_start(started);
      if (started) {
        self->layers_ = ready->layers;
        self->make_ready(worker);
      } else {
        worker->kill(ProcessEnd::Unneeded);
      }
      co_await bury(self, worker);
      keeper->worker.reset();
    } else {
      self->note_start(started);
    }
    if (!self->stopping_) {
      co_await pause(keeper, self->next_start());
    }
  }
}

asio::steady_timer::time_point ExaminerPool::State::next_start() {
  const auto now = asio::steady_timer::clock_type::now();
  if (failed_starts_ == 0) {
    return pace_.book(now);
  }
  // As many starts fail together as there are keepers: that is one round.
  const std::size_t rounds = std::min(failed_starts_ / (places_ + 1), kMostDoublings);
  return now + kFirstRetry * (1U << rounds);
}

asio::awaitable<void> ExaminerPool::State::pause(Keeper* keeper,
                                                 asio::steady_timer::time_point until) {
  keeper->pause.expires_at(until);
  error_code ignored;
  co_await keeper->pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

Result<void> ExaminerPool::State::launch(Keeper& keeper) {
  auto area = PictureArea::create(max_bytes() + kTiffSlack);
  if (!area) {
    return area.error();
  }
  auto process = spawn_process(program_, area->descriptor());
  if (!process) {
    return process.error();
  }
  keeper.worker = std::make_shared<Worker>(executor_, std::move(*process), std::move(*area));
  return {};
}

asio::awaitable<Result<Ready>> ExaminerPool::State::shake_hands(WorkerPointer worker,
                                                                std::uint64_t memory) {
  const Deadline deadline(worker, kHandshakeTime);
  const auto sent = co_await send(worker, write_setup({.memory = memory}));
  if (!sent) {
    co_return sent.error();
  }
  const auto answer = co_await receive(worker, MessageType::Ready, 0);
  const auto ready = answer ? read_ready(answer->facts) : Result<Ready>(answer.error());
  if (!ready) {
    co_return unavailable("cannot start an examiner: " + ready.error().message);
  }
  co_return ready;
}

Result<void> ExaminerPool::State::check_sandbox(SandboxLayers layers) const {
  const std::vector<std::string> missing = layers.missing();
  if (missing.empty() || !options_.sandbox_required) {
    return {};
  }
  return Error{
      .code = ErrorCode::Forbidden,
      .message = "this system does not give the examiner its sandbox (missing: " + joined(missing) +
                 "); allow what is missing, or set [examiner] sandbox = \"best-effort\" "
                 "to run without",
      .reason = "sandbox"};
}

void ExaminerPool::State::note_start(Result<void> outcome) {
  has_started_ = has_started_ || outcome;
  failed_starts_ = outcome ? 0 : failed_starts_ + 1;
  start_outcome_ = std::move(outcome);
  if (cannot_start()) {
    refuse_waiters(unavailable(start_outcome_->error().message));
  }
  first_start_.cancel();
}

// For good: another try would not give what the system lacks, or every keeper has tried.
bool ExaminerPool::State::start_has_failed() const {
  return start_outcome_ && !*start_outcome_ &&
         (start_outcome_->error().code == ErrorCode::Forbidden || cannot_start());
}

bool ExaminerPool::State::cannot_start() const {
  return failed_starts_ > places_ && busy_ == 0 && ready_.empty();
}

std::string ExaminerPool::State::cannot_examine() const {
  return cannot_start() ? start_outcome_->error().message : std::string();
}

asio::awaitable<void> ExaminerPool::State::bury(std::shared_ptr<State> self, WorkerPointer worker) {
  error_code ignored;
  co_await worker->pidfd.async_wait(asio::posix::stream_descriptor::wait_read,
                                    asio::redirect_error(asio::use_awaitable, ignored));
  const ProcessEnd end = reap_process(worker->pidfd.native_handle());
  // A kill of ours may have come after the process had ended by itself.
  worker->end = end == ProcessEnd::Killed ? worker->killed_for.value_or(end) : end;
  std::erase(self->ready_, worker);
  if (const auto reason = counted_as(*worker->end); reason && !self->stopping_) {
    ++self->restarts_[*reason];
  }
  worker->ended.cancel();
}

void ExaminerPool::State::make_ready(const WorkerPointer& worker) {
  ready_.push_back(worker);
  hand_out();
}

void ExaminerPool::State::give_back(const WorkerPointer& worker, bool large, bool finished) {
  --busy_;
  large_at_work_ = large_at_work_ && !large;
  if (!finished) {
    worker->kill(ProcessEnd::Unneeded);
  } else if (!worker->end && !worker->killed_for && !stopping_) {
    // To the front: the one used last is the one whose memory is warm.
    ready_.push_front(worker);
  }
  hand_out();
}

void ExaminerPool::State::hand_out() {
  if (waiters_.empty()) {
    return;
  }
  // One that died idle has not been buried yet; it would only take the blame for a picture.
  std::erase_if(
      ready_, [](const WorkerPointer& worker) { return has_ended(worker->pidfd.native_handle()); });
  for (auto next = waiters_.begin(); next != waiters_.end() && !ready_.empty() && !stopping_;
       ++next) {
    Waiter& waiter = **next;
    if (waiter.is_settled() || (waiter.large && large_at_work_)) {
      continue;
    }
    large_at_work_ = large_at_work_ || waiter.large;
    ++busy_;
    waiter.lease.emplace(shared_from_this(), ready_.front(), waiter.large);
    ready_.pop_front();
    waiter.settled.cancel();
  }
}

void ExaminerPool::State::refuse_waiters(const Error& error) {
  for (Waiter* waiter : waiters_) {
    if (!waiter->is_settled()) {
      waiter->error = error;
      waiter->settled.cancel();
    }
  }
}

auto ExaminerPool::State::take_worker(std::shared_ptr<State> self, bool large)
    -> asio::awaitable<Result<Lease>> {
  if (self->stopping_) {
    co_return stopping();
  }
  if (self->cannot_start()) {
    co_return unavailable(self->start_outcome_->error().message);
  }
  Waiter waiter(*self, large);
  self->hand_out();
  if (!waiter.is_settled()) {
    error_code ignored;
    co_await waiter.settled.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (waiter.error) {
    co_return *waiter.error;
  }
  if (!waiter.lease) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  co_return std::move(*waiter.lease);
}

asio::awaitable<Result<Examination>> ExaminerPool::State::examine(std::shared_ptr<State> self,
                                                                  std::string bytes) {
  if (bytes.size() > self->max_bytes()) {
    co_return Examination(RejectReason::TooLarge);
  }
  const ImageLimits limits{.max_pixels = self->options_.max_pixels};
  ImageLimits shared = limits;
  shared.max_pixels = std::min(limits.max_pixels, kSharedPixels);
  auto result = co_await examine_in(self, bytes, shared, false);
  // Its size is known only to the process: one that is too large for sharing the memory is
  // asked about again, alone.
  if (result && *result == Examination(RejectReason::TooManyPixels) &&
      limits.max_pixels > shared.max_pixels) {
    result = co_await examine_in(self, bytes, limits, true);
  }
  co_return result;
}

asio::awaitable<Result<Examination>> ExaminerPool::State::examine_in(std::shared_ptr<State> self,
                                                                     std::string& bytes,
                                                                     ImageLimits limits,
                                                                     bool large) {
  for (int attempt = 1;; ++attempt) {
    auto lease = co_await take_worker(self, large);
    if (!lease) {
      co_return lease.error();
    }
    const WorkerPointer worker = lease->worker();
    lease->begin();
    auto result = co_await converse(self, *lease, bytes, limits);
    if (result || result.error().reason == PictureArea::kNoMemory) {
      co_return result;
    }
    const bool spoke_nonsense = result.error().code != ErrorCode::Unavailable;
    if (spoke_nonsense) {
      worker->kill(ProcessEnd::Protocol);
    }
    if (!worker->end) {
      const Deadline deadline(worker, kEndTime);
      error_code ignored;
      co_await worker->ended.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    if (self->stopping_) {
      co_return stopping();
    }
    if (!worker->end) {
      throw boost::system::system_error(asio::error::operation_aborted);
    }
    // A kill from outside says nothing about the picture, unless it happens again and again:
    // then the system may have run out of memory because of it. Neither does the end of a process
    // that was not asked any more, or whose processor time cannot be limited: it may be dead.
    const ProcessEnd end = *worker->end;
    if (end == ProcessEnd::Unneeded && attempt == kAttempts) {
      co_return unavailable("cannot limit the processor time of an examiner");
    }
    const bool may_be_to_blame = end != ProcessEnd::Killed && end != ProcessEnd::Unneeded &&
                                 result.error().reason != kUnread;
    if (spoke_nonsense || may_be_to_blame || attempt == kAttempts) {
      co_return Examination(reject_reason(end));
    }
  }
}

asio::awaitable<Result<Examination>> ExaminerPool::State::converse(std::shared_ptr<State> self,
                                                                   Lease& lease, std::string& bytes,
                                                                   ImageLimits limits) {
  const WorkerPointer worker = lease.worker();
  const ExaminerAllowance& allowance = self->allowance_;
  std::optional<Deadline> deadline;
  deadline.emplace(worker, scaled(allowance.wall, allowance.wall_per_mebibyte, bytes.size()));
  if (!worker->end &&
      !worker->cpu.allow(scaled(allowance.cpu, allowance.cpu_per_mebibyte, bytes.size()))) {
    worker->kill(ProcessEnd::Unneeded);
  }
  if (const auto put = worker->area.put(bytes); !put) {
    lease.finish();
    co_return put.error();
  }
  const auto sent = co_await send(worker, write_picture(limits, bytes.size()));
  if (!sent) {
    co_return Error{ErrorCode::Unavailable, sent.error().message, kUnread};
  }
  const Sha256 received = sha256(bytes);
  const auto answer = co_await receive(worker, MessageType::Verdict, most_stripped(bytes));
  if (!answer) {
    co_return answer.error();
  }
  auto verdict = read_verdict(answer->facts, answer->picture_size, limits);
  if (!verdict) {
    co_return verdict;
  }
  deadline.reset();
  auto* const image = std::get_if<ExaminedImage>(&*verdict);
  bool is_changed = false;
  if (image != nullptr) {
    const auto changed = worker->area.take(answer->picture_size, bytes);
    if (!changed) {
      lease.finish();
      co_return changed.error();
    }
    is_changed = *changed;
    image->stripped = std::move(bytes);
  }
  worker->area.cool();
  const bool others_wait = !self->waiters_.empty();
  lease.finish();
  if (others_wait) {
    // One goes first: its worker works while this is digested.
    co_await asio::post(self->executor_, asio::use_awaitable);
  }
  if (image != nullptr) {
    certify(*image, received, is_changed ? sha256(image->stripped) : received);
  }
  co_return verdict;
}

asio::awaitable<void> ExaminerPool::State::stop(std::shared_ptr<State> self) {
  self->abandon();
  self->first_start_.cancel();
  if (self->running_keepers_ > 0) {
    error_code ignored;
    co_await self->all_ended_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

void ExaminerPool::State::abandon() {
  stopping_ = true;
  refuse_waiters(stopping());
  ready_.clear();
  for (Keeper& keeper : keepers_) {
    keeper.pause.cancel();
    if (keeper.worker) {
      keeper.worker->kill(ProcessEnd::Unneeded);
    }
  }
}

void ExaminerPool::State::keeper_ended() {
  if (--running_keepers_ == 0) {
    all_ended_.cancel();
  }
}

ExaminerStatistics ExaminerPool::State::statistics() const {
  return {.restarts = restarts_,
          .waiting = static_cast<std::size_t>(
              std::count_if(waiters_.begin(), waiters_.end(),
                            [](const Waiter* waiter) { return !waiter->is_settled(); })),
          .busy = busy_,
          .layers = layers_.names()};
}

ExaminerPool::ExaminerPool(asio::any_io_executor executor, const ExaminerOptions& options,
                           std::filesystem::path program, const ExaminerAllowance& allowance)
    : state_(std::make_shared<State>(std::move(executor), options, std::move(program), allowance)) {
}

ExaminerPool::~ExaminerPool() { state_->abandon(); }

asio::awaitable<Result<void>> ExaminerPool::start() { return State::start(state_); }

asio::awaitable<Result<Examination>> ExaminerPool::examine(std::string bytes) {
  return State::examine(state_, std::move(bytes));
}

asio::awaitable<void> ExaminerPool::stop() { return State::stop(state_); }

std::string ExaminerPool::cannot_examine() const { return state_->cannot_examine(); }

ExaminerStatistics ExaminerPool::statistics() const { return state_->statistics(); }

std::optional<std::filesystem::path> find_examiner_program() {
  constexpr std::string_view kProgram = "sighting-examiner";
  std::error_code unreadable;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", unreadable);
  for (const std::filesystem::path& folder :
       {self.parent_path(), std::filesystem::path("/usr/libexec/sightingd")}) {
    const std::filesystem::path program = folder / kProgram;
    if (!folder.empty() && ::access(program.c_str(), X_OK) == 0) {
      return program;
    }
  }
  return std::nullopt;
}

}  // namespace sightingd
