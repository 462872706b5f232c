#include "daemon/ops/watchdog.h"

#include "daemon/ingest/ingest.h"
#include "daemon/ops/service_manager.h"
#include "storage/store.h"
#include "tests/storage/store_builders.h"
#include "tests/support/manual_clock.h"
#include "tests/support/notify_socket.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdlib>
#include <future>
#include <memory>
#include <optional>
#include <string>

namespace sightingd {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto kPeriod = 1ms;
// Long enough for many looks of the watchdog, none of which may beat.
constexpr auto kManyPeriods = 50ms;

// A server that takes every request and answers none before release(): then with an empty page.
class SilentServer final : public HttpClient {
 public:
  explicit SilentServer(const asio::any_io_executor& executor)
      : released_(executor, asio::steady_timer::time_point::max()) {}

  asio::awaitable<Result<HttpResponse>> send(HttpRequest request) override {
    was_asked = true;
    while (!is_released_) {
      boost::system::error_code woken;
      co_await released_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    HttpResponse nothing;
    nothing.status = 200;
    const bool of_instance = request.url.find("/instance") != std::string::npos;
    nothing.body = of_instance ? R"({"domain":"one.example","version":"4.2.0"})" : "[]";
    co_return nothing;
  }

  void release() {
    is_released_ = true;
    released_.cancel();
  }

  bool was_asked = false;

 private:
  bool is_released_ = false;
  asio::steady_timer released_;
};

// No post of these tests has a picture.
class IdleExaminer final : public Examiner {
 public:
  std::string cannot_examine() const override { return {}; }
  asio::awaitable<Result<Examination>> examine(std::string /*bytes*/) override {
    co_return Examination(RejectReason::Malformed);
  }
};

/// The store, the watches and the voice towards systemd are the daemon's own; only the network is
/// scripted, and only the hour at which the watches are asked can be moved.
class WatchdogTest : public ::testing::Test {
 protected:
  WatchdogTest() { setenv("NOTIFY_SOCKET", socket.path().c_str(), 1); }

  ~WatchdogTest() override {
    server.release();
    run(ingest->stop());
    ingest.reset();
    store.reset();
    workers.join();
    unsetenv("NOTIFY_SOCKET");
  }

  static Settings settings() {
    Settings settings;
    SourceOptions source;
    source.name = "one";
    source.kind = "mastodon";
    source.url = "https://one.example";
    settings.sources.push_back(source);
    WatchOptions watch;
    watch.name = "missing";
    watch.source = "one";
    watch.subject = Hashtag{"missing"};
    watch.poll_interval = 30min;
    watch.max_poll_interval = 30min;
    settings.watches.push_back(watch);
    return settings;
  }

  void start_watchdog() { asio::co_spawn(loop, watchdog.run(kPeriod), asio::detached); }

  template <typename Condition>
  void turn_until(Condition holds) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    loop.restart();
    while (!holds()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      loop.run_one_until(end);
    }
  }
  void run(asio::awaitable<void> work) {
    bool done = false;
    asio::co_spawn(loop, std::move(work), [&](const std::exception_ptr& failure) {
      EXPECT_FALSE(failure);
      done = true;
    });
    turn_until([&] { return done; });
  }

  /// Reads what systemd was told: true for a beat.
  bool was_told() { return socket.next(0ms) == "WATCHDOG=1"; }
  void expect_a_beat() {
    turn_until([this] { return was_told(); });
  }
  void expect_no_beat() {
    const auto end = std::chrono::steady_clock::now() + kManyPeriods;
    loop.restart();
    while (std::chrono::steady_clock::now() < end) {
      loop.run_one_until(end);
      ASSERT_FALSE(was_told());
    }
  }

  test::NotifySocket socket;
  test::TemporaryDirectory directory;
  test::ManualClock clock;
  asio::io_context loop{1};
  asio::thread_pool workers{1};
  Journal journal{LogLevel::Error};
  SilentServer server{loop.get_executor()};
  IdleExaminer examiner;
  std::unique_ptr<Store> store = Store::open({directory.path() / "store"}).value();
  std::unique_ptr<Ingest> ingest =
      Ingest::make({loop.get_executor(), clock, *store, workers, examiner, server, journal,
                    [](const Error& error) { FAIL() << error.message; },
                    [](const std::exception_ptr&) { FAIL() << "a bug"; }},
                   settings())
          .value();
  ServiceManager service;
  std::chrono::minutes later{0};  ///< By which the watches are asked after the real time.
  Watchdog watchdog{
      loop.get_executor(),
      {.ask_writer = [this](auto answer) { store->ping(std::move(answer)); },
       .watches_are_alive =
           [this] { return ingest->is_alive(std::chrono::steady_clock::now() + later); },
       .beat = [this] { service.beat(); }}};
};

TEST_F(WatchdogTest, BeatsWhileEverythingMoves) {
  server.release();
  ingest->start();
  start_watchdog();

  for (int beat = 0; beat < 5; ++beat) {
    expect_a_beat();
  }
}

TEST_F(WatchdogTest, IsSilentWhileTheWriterHangsAndBeatsAgainAfterwards) {
  std::promise<void> writer_hangs;
  std::promise<void> release;
  store->on_commit([&, freed = release.get_future().share()](const FeedCursor&) {
    writer_hangs.set_value();
    freed.wait();
  });
  store->commit(test::page({test::post("one")}), {}, [](const Result<CommitOutcome>&) {});
  writer_hangs.get_future().wait();
  start_watchdog();

  expect_no_beat();

  release.set_value();
  expect_a_beat();
}

TEST_F(WatchdogTest, IsSilentWhileAWatchHangsAndBeatsAgainAfterwards) {
  ingest->start();
  turn_until([this] { return server.was_asked; });
  start_watchdog();
  expect_a_beat();

  later = 21min;
  expect_no_beat();

  server.release();
  expect_a_beat();
}

// No thread but the loop's may speak for the loop.
TEST_F(WatchdogTest, IsSilentWhileTheLoopHangsAndBeatsAgainAfterwards) {
  start_watchdog();
  expect_a_beat();
  std::optional<std::string> told_meanwhile;
  asio::post(loop, [&] {
    while (was_told()) {
    }
    told_meanwhile = socket.next(kManyPeriods);  // Holds the loop's only thread.
  });

  turn_until([&] { return told_meanwhile.has_value(); });

  EXPECT_EQ(*told_meanwhile, "");
  expect_a_beat();
}

}  // namespace
}  // namespace sightingd
