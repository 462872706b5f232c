#include "daemon/daemon.h"

#include "connectors/http/curl_http_client.h"
#include "daemon/audit/audit_upkeep.h"
#include "daemon/audit/note.h"
#include "daemon/control/control_server.h"
#include "daemon/control/listening_socket.h"
#include "daemon/control/operations.h"
#include "daemon/control/store_operations.h"
#include "daemon/ingest/ingest.h"
#include "daemon/ingest/task_group.h"
#include "daemon/late_examiner.h"
#include "daemon/live_operations.h"
#include "daemon/ops/metrics_endpoint.h"
#include "daemon/ops/service_manager.h"
#include "daemon/ops/watchdog.h"
#include "daemon/refused_list.h"
#include "daemon/retention/retention.h"
#include "daemon/store_access.h"
#include "daemon/store_owner.h"
#include "examiner/pool.h"
#include "pipeline/time.h"
#include "storage/store.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace sightingd {
namespace asio = boost::asio;
namespace {

using namespace std::chrono_literals;

// Blocking reads of the store and staging of photos.
constexpr std::size_t kWorkers = 2;
// Whoever finds the store locked waits this long for the other process to end.
constexpr auto kLockPatience = 60s;
constexpr auto kLockLook = 200ms;
// A stop that takes longer than this is cut: every state that a cut leaves is a state to start
// from.
constexpr auto kStopPatience = 9s;

class WallClock final : public Clock {
 public:
  TimePoint now() const override {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
  std::chrono::milliseconds since_boot() const override {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
  }
};

std::string what_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception of unknown type";
  }
}

}  // namespace

class Daemon::Impl {
 public:
  Impl(Invocation invocation, Settings settings, Journal& journal)
      : invocation_(std::move(invocation)), settings_(std::move(settings)), journal_(journal) {}

  ExitCode run() {
    if (const auto read = read_key(); !read) {
      journal_.error("store-not-opened", {{"message", read.error().message}});
      return ExitCode::Configuration;
    }
    if (invocation_.mode == Invocation::Mode::ServeStore) {
      if (const auto became = become_owner_of(settings_.store.path); !became) {
        journal_.error("store-not-opened", {{"message", became.error().message}});
        return ExitCode::Store;
      }
    }
    asio::co_spawn(loop_, live(), [](const std::exception_ptr& failure) {
      if (failure) {
        std::rethrow_exception(failure);
      }
    });
    try {
      loop_.run();
    } catch (...) {
      // Nobody knows what is left standing. Every state that an end leaves is one to start from.
      on_bug(std::current_exception());
      std::_Exit(static_cast<int>(ExitCode::Bug));
    }
    workers_.join();
    return exit_code_;
  }

 private:
  // ---- the life of the daemon

  // Before the rights to read it are given away.
  Result<void> read_key() {
    const auto key = find_store_key(settings_, invocation_.store_key_file);
    if (!key) {
      return key.error();
    }
    if (*key) {
      *store_key_ = **key;
      has_store_key_ = true;
    }
    return {};
  }

  asio::awaitable<bool> open_store() {
    const auto give_up_at = std::chrono::steady_clock::now() + kLockPatience;
    bool waits = false;
    while (!stopping_) {
      StoreOptions options = store_options(settings_);
      // Who only looks into a store does not give it a key.
      options.begins_sealing = invocation_.mode != Invocation::Mode::ServeStore;
      auto opened =
          Store::open(options, has_store_key_ ? std::optional(*store_key_) : std::nullopt);
      if (opened) {
        store_ = std::move(*opened);
        if (invocation_.mode != Invocation::Mode::Poll) {
          store_->stop_waiting_for_space();
        }
        co_return true;
      }
      const bool locked = opened.error().reason == "locked";
      if (locked && invocation_.mode == Invocation::Mode::ServeStore &&
          is_answered(settings_.control.socket)) {
        end_with(ExitCode::Incomplete);  // Who has the store can be asked instead.
        co_return false;
      }
      // Only who stays waits for space.
      const bool full =
          opened.error().reason == "no-space" && invocation_.mode == Invocation::Mode::Poll;
      if (!full && (!locked || std::chrono::steady_clock::now() > give_up_at)) {
        journal_.error("store-not-opened", {{"message", opened.error().message}});
        const bool wants_key = opened.error().reason == "key";
        const bool is_full = opened.error().reason == "no-space";
        end_with(locked || is_full ? ExitCode::Incomplete
                 : wants_key       ? ExitCode::Configuration
                                   : ExitCode::Store);
        co_return false;
      }
      if (!std::exchange(waits, true)) {
        journal_.info("waiting", {{"message", opened.error().message}});
      }
      asio::steady_timer again(loop_, kLockLook);
      co_await again.async_wait(asio::use_awaitable);
    }
    co_return false;
  }

  asio::awaitable<void> live() {
    watch_signals();
    const bool started = co_await start();
    if (started) {
      co_await work();
    }
    co_await shut_down();
  }

  // No switch: g++ 12 resumes a coroutine that awaits inside one at the wrong place.
  asio::awaitable<void> work() {
    if (invocation_.mode == Invocation::Mode::Once) {
      co_await run_once();
      co_return;
    }
    if (invocation_.mode == Invocation::Mode::ServeStore) {
      tasks_.spawn(end_with_the_client());
    } else {
      ingest_->start();
      tasks_.spawn(retention_->run());
    }
    co_await stop_requested();
  }

  asio::awaitable<bool> start() {
    const bool opened = co_await open_store();
    if (!opened) {
      co_return false;
    }
    auto network = CurlHttpClient::make(loop_.get_executor(), settings_.http, SIGHTINGD_VERSION);
    if (!network) {
      co_return fail(ExitCode::Configuration, network.error());
    }
    network_ = std::move(*network);
    const bool working = co_await start_working();
    if (!working) {
      co_return false;
    }
    const bool audited = co_await begin_audit();
    if (!audited || (invocation_.mode != Invocation::Mode::Once && !open_doors())) {
      co_return false;
    }
    announce();
    co_return true;
  }

  // What only a daemon that reads sources needs.
  asio::awaitable<bool> start_working() {
    if (invocation_.mode == Invocation::Mode::ServeStore) {
      co_return true;
    }
    const auto listed = read_refused_list(settings_.refuse);
    if (!listed) {
      co_return fail(ExitCode::Configuration, listed.error());
    }
    if (!settings_.refuse.pdq_list.empty()) {
      journal_.info("refused-list", {{"hashes", std::to_string(listed->size())}});
    }
    store_->refuse_listed(*listed);
    const bool examining = co_await start_examiner();
    co_return examining&& make_ingest();
  }

  // Who only looks into a store neither starts nor stops anything; what is read of it is noted.
  asio::awaitable<bool> begin_audit() {
    if (invocation_.mode == Invocation::Mode::ServeStore) {
      co_return true;
    }
    audit_ = std::make_unique<AuditUpkeep>(AuditUpkeep::Parts{loop_.get_executor(), store_->audit(),
                                                              workers_, clock_, journal_,
                                                              settings_.retention.audit});
    std::vector<std::string> details;
    if (invocation_.mode == Invocation::Mode::Once) {
      details.emplace_back("once");
    }
    const Result<void> begun = co_await audit_->begin(std::move(details));
    if (!begun) {
      const bool is_full = begun.error().reason == "no-space";
      co_return fail(is_full ? ExitCode::Incomplete : ExitCode::Store, begun.error());
    }
    tasks_.spawn(audit_->run());
    co_return true;
  }

  asio::awaitable<bool> start_examiner() {
    const auto program = find_examiner_program();
    if (!program) {
      co_return fail(ExitCode::SandboxMissing, no_examiner_program());
    }
    examiner_ = std::make_unique<ExaminerPool>(loop_.get_executor(), settings_.examiner, *program);
    const auto started = co_await examiner_->start();
    if (!started) {
      co_return fail(started.error().reason == "sandbox" ? ExitCode::SandboxMissing : ExitCode::Bug,
                     started.error());
    }
    co_return true;
  }

  bool make_ingest() {
    IngestParts parts{loop_.get_executor(),
                      clock_,
                      *store_,
                      workers_,
                      *examiner_,
                      *network_,
                      journal_,
                      [this](const Error& error) { on_storage_failure(error); },
                      [this](const std::exception_ptr& failure) { on_bug(failure); }};
    parts.store_path = settings_.store.path;
    parts.keep_free = settings_.store.keep_free;
    auto ingest = Ingest::make(std::move(parts), settings_);
    if (!ingest) {
      return fail(ExitCode::Configuration, ingest.error());
    }
    ingest_ = std::move(*ingest);
    retention_ = std::make_unique<Retention>(
        RetentionParts{loop_.get_executor(), *store_, workers_, clock_, journal_,
                       [this] { return ingest_->clock_doubt(); },
                       [this](const Error& error) { on_storage_failure(error); }},
        settings_.retention);
    operations_ = std::make_unique<LiveOperations>(
        LiveOperations::Parts{invocation_.config, *store_, workers_, clock_, *ingest_, *retention_,
                              *examiner_, journal_, [this] { return stopping_; }},
        settings_);
    return true;
  }

  Operations& operations() {
    if (operations_) {
      return *operations_;
    }
    if (!store_operations_) {
      store_operations_ = std::make_unique<StoreOperations>(settings_, *store_, workers_);
    }
    return *store_operations_;
  }

  Examiner& examiner() {
    if (examiner_) {
      return *examiner_;
    }
    if (!late_examiner_) {
      late_examiner_ = std::make_unique<LateExaminer>(loop_.get_executor(), settings_.examiner);
    }
    return *late_examiner_;
  }

  // The control socket, and for a polling daemon the metrics listener.
  bool open_doors() {
    const ControlParts parts{operations(), *store_,  examiner(),
                             clock_,       workers_, settings_.media.max_bytes};
    auto control =
        invocation_.mode == Invocation::Mode::ServeStore
            ? ControlServer::adopt(loop_, invocation_.control_descriptor, settings_.control, parts)
            : ControlServer::listen(loop_, settings_.control, parts);
    if (!control) {
      return fail(ExitCode::AddressTaken, control.error());
    }
    control_ = std::move(*control);
    for (const std::string& warning : control_->warnings()) {
      journal_.warning("control", {{"message", warning}});
    }
    store_->on_commit([this](const FeedCursor&) { control_->wake_followers(); });
    if (invocation_.mode == Invocation::Mode::ServeStore || settings_.metrics.listen.empty()) {
      return true;
    }
    auto endpoint = MetricsEndpoint::listen(loop_, settings_.metrics.listen, operations());
    if (!endpoint) {
      return fail(ExitCode::AddressTaken, endpoint.error());
    }
    endpoint_ = std::move(*endpoint);
    return true;
  }

  std::string sandbox_layers() const {
    std::string names;
    for (const std::string& layer :
         examiner_ ? examiner_->statistics().layers : std::vector<std::string>()) {
      names += (names.empty() ? "" : ",") + layer;
    }
    return names;
  }

  // Where the status page is; the configuration may have left the port to the system.
  std::string page_address() const {
    if (!endpoint_) {
      return "none";
    }
    const std::string& listen = settings_.metrics.listen;
    return "http://" + listen.substr(0, listen.rfind(':') + 1) + std::to_string(endpoint_->port()) +
           '/';
  }

  void announce() {
    journal_.info("started", {{"version", SIGHTINGD_VERSION},
                              {"watches", std::to_string(settings_.watches.size())},
                              {"sandbox", sandbox_layers()},
                              {"port", endpoint_ ? std::to_string(endpoint_->port()) : "none"},
                              {"page", page_address()}});
    announce_encryption();
    service_.ready();
    if (const auto interval = service_.watchdog_interval()) {
      // Twice within the time allowed, so that one late look is no restart.
      tasks_.spawn(watchdog_.run(*interval / 2));
    }
  }

  void announce_encryption() {
    const StoreStatistics store = store_->statistics();
    if (!store.is_sealed) {
      journal_.warning("unencrypted", {{"message",
                                        "the store is not encrypted: give it a key "
                                        "(store.encryption_key), or protect the disk it lies on"}});
    } else if (store.is_being_sealed) {
      journal_.info("encrypting", {{"message", "what the store holds is being encrypted anew"}});
    }
  }

  asio::awaitable<void> run_once() {
    tasks_.spawn(interrupt_ingest());
    const auto undone = co_await ingest_->run_once(invocation_.once_wait);
    for (const std::string& line : undone) {
      journal_.warning("not-finished", {{"message", line}});
    }
    if (!undone.empty()) {
      end_with(ExitCode::Incomplete);
    }
    if (!stopping_) {
      co_await retention_->sweep();
    }
  }

  asio::awaitable<void> interrupt_ingest() {
    co_await stop_requested();
    co_await ingest_->stop();
  }

  asio::awaitable<void> end_with_the_client() {
    co_await control_->finished();
    request_stop();
  }

  asio::awaitable<void> stop_requested() {
    while (!stopping_) {
      boost::system::error_code woken;
      co_await stop_timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
  }

  // In the reverse order of start().
  asio::awaitable<void> shut_down() {
    stopping_ = true;
    service_.stopping();
    if (store_) {
      store_->stop_waiting_for_space();
    }
    request_stop();  // If nobody has: it may only have come to its end.
    signals_.cancel();
    if (endpoint_) {
      co_await endpoint_->stop();
    }
    if (control_) {
      co_await control_->stop();
      store_->on_commit({});
    }
    if (ingest_) {
      co_await ingest_->stop();
    }
    if (examiner_) {
      co_await examiner_->stop();
    }
    if (late_examiner_) {
      co_await late_examiner_->stop();
    }
    tasks_.cancel();
    stop_timer_.cancel();
    co_await tasks_.finished();
    if (audit_) {
      co_await audit_->end();
    }
    journal_.info("stopped", {{"exit", std::to_string(static_cast<int>(exit_code_))}});
    loop_.stop();
  }

  void cut_a_slow_stop() {
    cut_timer_.expires_after(kStopPatience);
    cut_timer_.async_wait([this](boost::system::error_code cancelled) {
      if (!cancelled) {
        journal_.error("stop-cut", {{"message", "the stop took too long and was cut"}});
        std::_Exit(static_cast<int>(exit_code_ == ExitCode::Done ? ExitCode::Bug : exit_code_));
      }
    });
  }

  void watch_signals() {
    signals_.async_wait([this](boost::system::error_code failure, int signal) {
      if (failure) {
        return;
      }
      if (signal == SIGHUP) {
        tasks_.spawn(reload_on_signal());
      } else {
        journal_.info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
        request_stop();
      }
      watch_signals();
    });
  }

  void request_stop() {
    if (!std::exchange(is_cut_armed_, true)) {
      cut_a_slow_stop();
    }
    stopping_ = true;
    stop_timer_.cancel();
  }

  // The first reason to end is the one that counts.
  void end_with(ExitCode code) {
    if (exit_code_ == ExitCode::Done) {
      exit_code_ = code;
    }
    request_stop();
  }

  bool fail(ExitCode code, const Error& error) {
    journal_.error("cannot-start", {{"message", error.message}});
    end_with(code);
    return false;
  }

  void on_storage_failure(const Error& error) {
    // What waited for space is not lost: it was not acknowledged.
    if (stopping_ && error.reason == "no-space") {
      return;
    }
    if (exit_code_ == ExitCode::Done) {
      journal_.error("store-failed", {{"message", error.message}});
    }
    // What is damaged stays so; anything else a new start may mend, which finds out what is
    // durable.
    end_with(error.reason == "damaged" ? ExitCode::Store : ExitCode::Incomplete);
  }

  void on_bug(const std::exception_ptr& failure) {
    journal_.error("bug", {{"message", what_of(failure)}});
    end_with(ExitCode::Bug);
  }

  asio::awaitable<void> reload_on_signal() {
    // A single run follows the configuration that it began with.
    if (!operations_ || invocation_.mode != Invocation::Mode::Poll) {
      co_return;
    }
    service_.reloading();
    const auto report = co_await operations_->reload_for(Audience::Journal, false);
    service_.ready();
    if (!report) {
      journal_.error("reload-refused", {{"message", report.error().message}});
      co_return;
    }
    for (const std::string& mistake : report->mistakes) {
      journal_.error("reload-refused", {{"message", mistake}});
    }
    for (const std::string& key : report->needs_restart) {
      journal_.error("reload-refused", {{"message", key + " needs a restart"}});
    }
    if (report->applied) {
      co_await note_reload(*report);
      for (const std::string& change : report->changes) {
        journal_.info("reload-changed", {{"message", change}});
      }
      journal_.info("reloaded", {{"changes", std::to_string(report->changes.size())}});
    }
  }

  asio::awaitable<void> note_reload(ReloadReport report) {
    if (report.changed_keys.empty()) {
      co_return;
    }
    AuditEvent event{.kind = AuditKind::ConfigurationChange, .time = clock_.now()};
    event.details = std::move(report.changed_keys);
    const Result<void> noted = co_await note(store_->audit(), std::move(event));
    if (!noted) {
      journal_.error("audit-failed", {{"message", noted.error().message}});
    }
  }

  // In the order of construction; what comes later holds on to what comes before.
  const Invocation invocation_;
  const Settings settings_;  // As at the start.
  Journal& journal_;
  const WallClock clock_;
  const ServiceManager service_{};
  asio::io_context loop_{1};
  asio::thread_pool workers_{kWorkers};
  asio::signal_set signals_{loop_, SIGTERM, SIGINT, SIGHUP};
  asio::steady_timer stop_timer_{loop_, asio::steady_timer::time_point::max()};
  asio::steady_timer cut_timer_{loop_};
  Locked<SecretKey> store_key_;
  bool has_store_key_ = false;
  std::unique_ptr<Store> store_;
  std::unique_ptr<AuditUpkeep> audit_;  // While it does more than serve the store.
  std::unique_ptr<CurlHttpClient> network_;
  std::unique_ptr<ExaminerPool> examiner_;       // While it reads sources.
  std::unique_ptr<LateExaminer> late_examiner_;  // While it does not.
  std::unique_ptr<Ingest> ingest_;
  std::unique_ptr<Retention> retention_;
  std::unique_ptr<LiveOperations> operations_;         // While it polls.
  std::unique_ptr<StoreOperations> store_operations_;  // While it does not.
  std::unique_ptr<ControlServer> control_;
  std::unique_ptr<MetricsEndpoint> endpoint_;
  Watchdog watchdog_{
      loop_.get_executor(),
      {.ask_writer = [this](auto answer) { store_->ping(std::move(answer)); },
       .watches_are_alive =
           [this] { return !ingest_ || ingest_->is_alive(std::chrono::steady_clock::now()); },
       .beat = [this] { service_.beat(); }}};
  TaskGroup tasks_{loop_.get_executor(),
                   [this](const std::exception_ptr& failure) { on_bug(failure); }};
  bool stopping_ = false;
  bool is_cut_armed_ = false;
  ExitCode exit_code_ = ExitCode::Done;
};

Daemon::Daemon(Invocation invocation, Settings settings, Journal& journal)
    : impl_(std::make_unique<Impl>(std::move(invocation), std::move(settings), journal)) {}

Daemon::~Daemon() = default;

ExitCode Daemon::run() { return impl_->run(); }

}  // namespace sightingd
