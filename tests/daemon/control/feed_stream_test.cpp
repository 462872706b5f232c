#include "daemon/control/feed_stream.h"

#include "tests/storage/store_builders.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>

namespace sightingd {
namespace {

namespace asio = boost::asio;

class FeedStreamTest : public testing::Test {
 protected:
  FeedStreamTest() {
    StoreOptions options;
    options.path = directory.path() / "store";
    store = Store::open(options).value();
  }

  template <typename T>
  T await(asio::awaitable<T> coroutine) {
    std::future<T> result = asio::co_spawn(loop, std::move(coroutine), asio::use_future);
    loop.restart();
    loop.run();
    return result.get();
  }

  std::unique_ptr<AnswerStream> open(FeedRequest request) {
    return await(FeedStream::open(*store, workers, signal, std::move(request))).value();
  }
  /// The next part; nothing at the end.
  std::optional<std::string> next(AnswerStream& stream) {
    std::string part;
    return await(stream.next(part)).value() ? std::optional(part) : std::nullopt;
  }

  test::TemporaryDirectory directory;
  std::unique_ptr<Store> store;
  asio::io_context loop;
  asio::thread_pool workers{1};
  FeedSignal signal{loop};
};

TEST_F(FeedStreamTest, SendsAnEmptyLineWhileItWaits) {
  FeedRequest request;
  request.follow = true;
  request.heartbeat = std::chrono::milliseconds(1);
  const auto stream = open(request);

  EXPECT_EQ(next(*stream), "\n");
  EXPECT_EQ(next(*stream), "\n");
}

TEST_F(FeedStreamTest, GoesOnAfterAnEmptyLine) {
  FeedRequest request;
  request.follow = true;
  request.heartbeat = std::chrono::milliseconds(1);
  const auto stream = open(request);
  ASSERT_EQ(next(*stream), "\n");

  ASSERT_TRUE(store->commit(test::page({test::post("a")})));

  EXPECT_NE(next(*stream).value().find("text of a"), std::string::npos);
}

TEST_F(FeedStreamTest, WaitsForFifteenSecondsUnlessItIsToldOtherwise) {
  EXPECT_EQ(FeedRequest().heartbeat, std::chrono::seconds(15));
}

TEST_F(FeedStreamTest, EndsWhereTheFeedStoodWhenItWasAskedFor) {
  ASSERT_TRUE(store->commit(test::page({test::post("a")})));
  const auto stream = open({});
  ASSERT_TRUE(store->commit(test::page({test::post("b")})));

  EXPECT_NE(next(*stream).value().find("text of a"), std::string::npos);
  EXPECT_EQ(next(*stream), std::nullopt);
}

}  // namespace
}  // namespace sightingd
