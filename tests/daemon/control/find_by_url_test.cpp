#include "daemon/control/find_by_url.h"

#include "tests/storage/store_builders.h"
#include "tests/support/temporary_directory.h"

#include <gtest/gtest.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace sightingd {
namespace {

namespace asio = boost::asio;

class FindByUrlTest : public testing::Test {
 protected:
  FindByUrlTest() {
    StoreOptions options;
    options.path = directory.path() / "store";
    store = Store::open(options).value();
  }

  /// Stores this many posts that are read at addresses of their own.
  void commit(int posts) {
    std::vector<PostFacts> facts;
    for (int i = 0; i < posts; ++i) {
      facts.push_back(test::post("p" + std::to_string(i)));
      facts.back().post.url = url(i);
    }
    ASSERT_TRUE(store->commit(test::page(std::move(facts))));
  }
  static std::string url(int post) { return "https://example.org/@ana/" + std::to_string(post); }

  using Found = Result<std::optional<SightingId>>;

  /// Begins to search; `outcome` and `failure` say how it ended once the loop has run.
  void search(const std::string& what) {
    asio::co_spawn(loop, find_by_url(*store, workers, what),
                   asio::bind_cancellation_slot(
                       cancel.slot(), [this](const std::exception_ptr& error, Found found) {
                         failure = error;
                         outcome = std::move(found);
                       }));
  }

  test::TemporaryDirectory directory;
  std::unique_ptr<Store> store;
  asio::io_context loop;
  asio::thread_pool workers{1};
  asio::cancellation_signal cancel;
  std::exception_ptr failure;
  std::optional<Found> outcome;
};

TEST_F(FindByUrlTest, FindsAPostBehindManyOthers) {
  commit(600);
  search(url(599));

  loop.run();

  EXPECT_EQ(outcome.value().value(), test::id_of("p599"));
}

TEST_F(FindByUrlTest, FindsNothingAtAnAddressThatNoPostHas) {
  commit(3);
  search(url(3));

  loop.run();

  EXPECT_EQ(outcome.value().value(), std::nullopt);
}

TEST_F(FindByUrlTest, FindsAPostThatIsHiddenSinceItMayBeGone) {
  commit(3);
  ASSERT_TRUE(store->commit(RecheckFacts{
      .verdicts = {{.sighting = test::id_of("p1"), .gone = true}}, .checked_at = test::kNoon}));
  search(url(1));

  loop.run();

  EXPECT_EQ(outcome.value().value(), test::id_of("p1"));
}

TEST_F(FindByUrlTest, GivesUpWhenItIsCancelled) {
  commit(600);
  search(url(599));
  loop.run_one();  // It has begun.

  cancel.emit(asio::cancellation_type::all);
  loop.run();

  EXPECT_THROW(std::rethrow_exception(failure), boost::system::system_error);
}

}  // namespace
}  // namespace sightingd
