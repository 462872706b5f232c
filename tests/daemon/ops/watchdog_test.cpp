#include "daemon/ops/watchdog.h"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <set>
#include <thread>

namespace sightingd {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

class WatchdogTest : public ::testing::Test {
 protected:
  WatchdogTest() { asio::co_spawn(loop, watchdog.run(1ms), asio::detached); }

  // Lets the watchdog look `times` times.
  void look(int times) {
    const int until = looks + times;
    while (looks < until && loop.run_one_for(5s) != 0) {
    }
    ASSERT_EQ(looks, until);
  }

  asio::io_context loop{1};
  bool writer_answers = true;
  bool watches_alive = true;
  std::function<void()> unanswered;
  int beats = 0;
  int looks = 0;
  std::set<std::thread::id> beat_threads;
  Watchdog watchdog{loop.get_executor(),
                    {.ask_writer =
                         [this](std::function<void()> answer) {
                           if (writer_answers) {
                             std::jthread(answer).join();
                           } else {
                             unanswered = std::move(answer);
                           }
                         },
                     .watches_are_alive =
                         [this] {
                           ++looks;
                           return watches_alive;
                         },
                     .beat =
                         [this] {
                           ++beats;
                           beat_threads.insert(std::this_thread::get_id());
                         }}};
};

TEST_F(WatchdogTest, BeatsWhileEverythingMoves) {
  look(5);

  EXPECT_EQ(beats, 5);
}

TEST_F(WatchdogTest, IsSilentWhileAWatchHangsAndBeatsAgainAfterwards) {
  watches_alive = false;
  look(3);
  EXPECT_EQ(beats, 0);

  watches_alive = true;
  look(2);

  EXPECT_GT(beats, 0);
}

TEST_F(WatchdogTest, IsSilentWhileTheWriterHangsAndBeatsAgainAfterwards) {
  look(1);
  writer_answers = false;
  look(1);  // The question asked before is answered still.
  const int beats_before = beats;

  loop.run_for(50ms);
  EXPECT_EQ(beats, beats_before);

  writer_answers = true;
  unanswered();
  look(1);
  EXPECT_GT(beats, beats_before);
}

// A loop that hangs cannot beat, because every beat comes from a turn of the loop.
TEST_F(WatchdogTest, BeatsFromTheLoopAlone) {
  std::thread::id loop_thread;
  asio::post(loop, [&] { loop_thread = std::this_thread::get_id(); });
  std::jthread([this] { look(3); }).join();

  EXPECT_EQ(beats, 3);
  EXPECT_EQ(beat_threads, std::set<std::thread::id>{loop_thread});
}

}  // namespace
}  // namespace sightingd
