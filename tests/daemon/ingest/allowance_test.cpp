#include "daemon/ingest/allowance.h"

#include "daemon/ingest/task_group.h"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include <optional>
#include <vector>

namespace sightingd {
namespace {

namespace asio = boost::asio;

class AllowanceTest : public ::testing::Test {
 protected:
  // Takes `amount`, notes `name`, and keeps the share until the test gives it back.
  asio::awaitable<void> take(std::uint64_t amount, int name) {
    shares[static_cast<std::size_t>(name)] = co_await allowance.take(amount);
    order.push_back(name);
  }
  void start(std::uint64_t amount, int name) { tasks.spawn(take(amount, name)); }
  void turn() {
    loop.restart();
    loop.poll();
  }
  void give_back(int name) {
    shares[static_cast<std::size_t>(name)].reset();
    turn();
  }

  asio::io_context loop{1};
  Allowance allowance{loop.get_executor(), 10};
  std::vector<std::optional<Allowance::Share>> shares{8};
  std::vector<int> order;
  TaskGroup tasks{loop.get_executor(), [](const std::exception_ptr&) { FAIL(); }};
};

TEST_F(AllowanceTest, GivesWhatIsFreeAtOnce) {
  start(4, 0);
  start(6, 1);
  turn();

  EXPECT_EQ(order, (std::vector<int>{0, 1}));
  EXPECT_EQ(allowance.taken(), 10U);
}

TEST_F(AllowanceTest, MakesTheNextWaitUntilEnoughIsGivenBack) {
  start(6, 0);
  start(6, 1);
  turn();
  EXPECT_EQ(order, (std::vector<int>{0}));
  EXPECT_EQ(allowance.waiting(), 1U);

  give_back(0);

  EXPECT_EQ(order, (std::vector<int>{0, 1}));
  EXPECT_EQ(allowance.taken(), 6U);
}

TEST_F(AllowanceTest, LetsNoSmallRequestOvertakeALargeOne) {
  start(6, 0);
  start(9, 1);
  start(1, 2);
  turn();
  EXPECT_EQ(order, (std::vector<int>{0}));

  give_back(0);

  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
}

TEST_F(AllowanceTest, CutsWhatCouldNeverBeFree) {
  start(100, 0);
  turn();

  EXPECT_EQ(order, (std::vector<int>{0}));
  EXPECT_EQ(allowance.taken(), 10U);
}

TEST_F(AllowanceTest, ForgetsAWaiterThatIsCancelled) {
  start(10, 0);
  start(10, 1);
  turn();

  tasks.cancel();
  turn();
  give_back(0);

  EXPECT_EQ(order, (std::vector<int>{0}));
  EXPECT_EQ(allowance.waiting(), 0U);
  EXPECT_EQ(allowance.taken(), 0U);
}

}  // namespace
}  // namespace sightingd
