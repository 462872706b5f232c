#include "daemon/control/feed_stream.h"

#include "tests/storage/store_builders.h"
#include "tests/support/manual_clock.h"
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
#include <vector>

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
    auto audit = std::make_unique<FeedAudit>(
        store->audit(), clock, Peer{.uid = 1000, .gid = 1000, .groups = {}, .pid = 4711});
    return await(FeedStream::open(*store, workers, signal, std::move(request), std::move(audit)))
        .value();
  }
  /// The next part; nothing at the end.
  std::optional<std::string> next(AnswerStream& stream) {
    std::string part;
    return await(stream.next(part)).value() ? std::optional(part) : std::nullopt;
  }

  std::vector<AuditEvent> audited() const {
    std::vector<AuditEvent> events;
    AuditReader reader = store->audit().read().value();
    while (auto entry = reader.next().value()) {
      events.push_back(std::move(entry->event));
    }
    return events;
  }

  test::TemporaryDirectory directory;
  std::unique_ptr<Store> store;
  test::ManualClock clock{test::kNoon};
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

std::vector<PostFacts> many_posts(int count) {
  std::vector<PostFacts> posts;
  for (int i = 0; i < count; ++i) {
    posts.push_back(test::post(std::to_string(i)));
  }
  return posts;
}

TEST_F(FeedStreamTest, IsAuditedBeforeItsFirstPartIsGiven) {
  ASSERT_TRUE(store->commit(test::page(many_posts(100))));
  const auto stream = open({});

  ASSERT_TRUE(next(*stream));

  ASSERT_EQ(audited().size(), 1U);
  EXPECT_EQ(audited().front().kind, AuditKind::FeedRead);
  EXPECT_EQ(audited().front().count, FeedStream::kEventsPerPart);
}

TEST_F(FeedStreamTest, IsAuditedToItsEnd) {
  ASSERT_TRUE(store->commit(test::page(many_posts(100))));
  const std::vector<FeedEvent> feed = store->feed({}, 100).value();
  const auto stream = open({});

  while (next(*stream)) {
  }

  const std::vector<AuditEvent> events = audited();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].first_cursor, feed[0].cursor);
  EXPECT_EQ(events[0].last_cursor, feed[63].cursor);
  EXPECT_EQ(events[1].first_cursor, feed[64].cursor);
  EXPECT_EQ(events[1].last_cursor, feed[99].cursor);
  EXPECT_EQ(events[1].count, 36U);
}

TEST_F(FeedStreamTest, IsAuditedAsFarAsItWasReadWhenTheReaderGoes) {
  ASSERT_TRUE(store->commit(test::page(many_posts(200))));
  auto stream = open({});
  ASSERT_TRUE(next(*stream));
  ASSERT_TRUE(next(*stream));

  stream.reset();

  ASSERT_TRUE(store->audit().note(AuditEvent()));  // Behind all that waited.
  const std::vector<AuditEvent> events = audited();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[1].kind, AuditKind::FeedRead);
  EXPECT_EQ(events[1].count, FeedStream::kEventsPerPart);
}

TEST_F(FeedStreamTest, IsAuditedFromTimeToTimeWhileItFollows) {
  ASSERT_TRUE(store->commit(test::page(many_posts(70))));
  FeedRequest request;
  request.follow = true;
  request.heartbeat = std::chrono::milliseconds(1);
  const auto stream = open(request);
  ASSERT_TRUE(next(*stream));
  ASSERT_TRUE(next(*stream));
  ASSERT_EQ(next(*stream), "\n");
  ASSERT_EQ(audited().size(), 1U);

  clock.advance(FeedAudit::kLongest);
  ASSERT_EQ(next(*stream), "\n");

  ASSERT_EQ(audited().size(), 2U);
  EXPECT_EQ(audited().back().count, 6U);
  clock.advance(FeedAudit::kLongest);
  ASSERT_EQ(next(*stream), "\n");
  EXPECT_EQ(audited().size(), 2U) << "nothing was given since";
}

}  // namespace
}  // namespace sightingd
