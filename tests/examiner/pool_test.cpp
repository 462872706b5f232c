#include "examiner/pool.h"

#include "tests/examiner/orders.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <functional>

namespace sightingd {
namespace {

namespace asio = boost::asio;
using namespace test;

class ExaminerPoolTest : public testing::Test {
 protected:
  // Runs one coroutine to its end.
  template <typename T>
  T run(asio::awaitable<T> work) {
    auto result = asio::co_spawn(context, std::move(work), asio::use_future);
    context.restart();
    while (result.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      context.run_one();
    }
    return result.get();
  }

  asio::io_context context;
};

TEST_F(ExaminerPoolTest, ExaminesAPicture) {
  ExaminerPool pool(context.get_executor(), {}, MISBEHAVING_EXAMINER);
  const auto started = run(pool.start());
  ASSERT_TRUE(started) << started.error().message;

  const auto result = run(pool.examine("a picture"));

  ASSERT_TRUE(result);
  ASSERT_TRUE(std::holds_alternative<ExaminedImage>(*result));
  EXPECT_EQ(std::get<ExaminedImage>(*result).stripped, "a picture");
  run(pool.stop());
}

}  // namespace
}  // namespace sightingd
