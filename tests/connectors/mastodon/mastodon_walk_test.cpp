// The walk and the re-reads, through the connector and a server that behaves as Mastodon does.
#include "connectors/mastodon/mastodon_walk.h"

#include "connectors/mastodon/mastodon_id.h"
#include "tests/connectors/mastodon/watch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <random>
#include <string>

namespace sightingd {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const TimePoint kNow = parse_rfc3339("2026-05-04T12:00:00Z").value();

bool contains(const PositionRange& range, const std::string& id) {
  return range.from <= position_of_id(id) && position_of_id(id) < range.to;
}

bool covers(const std::vector<CoverageRow>& rows, TimePoint time) {
  return std::ranges::any_of(rows, [time](const CoverageRow& row) {
    return row.complete && row.range.begin <= time && time < row.range.end;
  });
}

TEST(MastodonWalkTest, ReadsEverythingWhateverTheServersPageIs) {
  for (const std::size_t page_limit : {1U, 3U, 40U, 100U}) {
    FakeMastodon server;
    server.page_limit = page_limit;
    fill(server, 50, kNow - minutes(1));
    Watch watch(server);

    watch.poll(kNow);

    EXPECT_EQ(watch.read.size(), 50U) << page_limit;
  }
}

TEST(MastodonWalkTest, FindsNothingNewWithOneRequest) {
  FakeMastodon server;
  fill(server, 100, kNow - hours(2));
  Watch watch(server);
  watch.poll(kNow);

  EXPECT_EQ(watch.cost_of_poll(kNow + minutes(1)), 1U);
  EXPECT_EQ(watch.cost_of_poll(kNow + minutes(2)), 1U);
}

TEST(MastodonWalkTest, LooksAtNoPostOfANewestPageThatIsUnchanged) {
  FakeMastodon server;
  fill(server, 100, kNow - hours(2));
  Watch watch(server);
  watch.poll(kNow);

  const Page page = watch.step(kNow + minutes(1)).value();

  EXPECT_TRUE(page.posts.empty());
  EXPECT_FALSE(page.complete_between);  // Else all of it would seem to have vanished.
  EXPECT_TRUE(page.at_head);
  watch.look_again = true;
  EXPECT_EQ(watch.step(kNow + minutes(2)).value().posts.size(), 40U);
  EXPECT_TRUE(covers(watch.covered, kNow + seconds(30)));
}

TEST(MastodonWalkTest, LooksAtAllPostsOfANewestPageThatHasChangedAtAll) {
  FakeMastodon server;
  fill(server, 100, kNow - hours(2));
  Watch watch(server);
  watch.poll(kNow);
  server.at(server.posts()[3].id).extra = R"("favourites_count": 1,)";

  const Page page = watch.step(kNow + minutes(1)).value();

  EXPECT_EQ(page.posts.size(), 40U);
  EXPECT_TRUE(page.complete_between);
}

TEST(MastodonWalkTest, ReadsNewPostsWithOneRequestWhereTheyFitAPage) {
  FakeMastodon server;
  fill(server, 100, kNow - hours(2));
  Watch watch(server);
  watch.poll(kNow);
  const FakePost fresh = server.add(kNow + seconds(30));

  const std::size_t cost = watch.cost_of_poll(kNow + minutes(1));

  EXPECT_EQ(cost, 1U);
  EXPECT_TRUE(watch.has(fresh));
}

// Answers like a server that cannot make the page below one of its posts.
std::function<std::optional<HttpResponse>(const HttpRequest&)> broken_below(std::uint64_t id) {
  return [id](const HttpRequest& request) -> std::optional<HttpResponse> {
    if (request.url.find("max_id=" + std::to_string(id)) != std::string::npos) {
      return http_answer(500, "");
    }
    return std::nullopt;
  };
}

TEST(MastodonWalkTest, GivesUpAPageThatNeverComesAndReadsWhatIsNew) {
  FakeMastodon server;
  fill(server, 100, kNow - minutes(1));
  Watch watch(server);
  watch.backfill_from = kNow - hours(24);
  server.gate = broken_below(server.posts()[39].id);
  watch.poll(kNow);
  ASSERT_TRUE(watch.error);
  const FakePost fresh = server.add(kNow + minutes(10));

  watch.give_up = true;
  ASSERT_TRUE(watch.step(kNow + minutes(11)).value().gave_up);
  watch.give_up = false;

  EXPECT_TRUE(watch.has(fresh));
  EXPECT_TRUE(covers(watch.covered, kNow - minutes(20)));
  EXPECT_FALSE(covers(watch.covered, kNow - minutes(60)));
}

TEST(MastodonWalkTest, ClaimsNothingOfWhatItGaveUpWhateverDatesItsPostsHad) {
  FakeMastodon server;
  fill(server, 100, kNow - minutes(1));
  server.add(kNow, kNow - hours(20));  // Arrived late.
  Watch watch(server);
  watch.backfill_from = kNow - hours(24);
  server.gate = broken_below(server.posts()[39].id);
  watch.poll(kNow);

  watch.give_up = true;
  ASSERT_TRUE(watch.step(kNow + minutes(11)).value().gave_up);

  EXPECT_FALSE(covers(watch.covered, kNow - hours(10)));
}

TEST(MastodonWalkTest, ReadsWhatItGaveUpWhenItComesInTheEnd) {
  FakeMastodon server;
  fill(server, 100, kNow - minutes(1));
  Watch watch(server);
  server.gate = broken_below(server.posts()[39].id);
  watch.poll(kNow);
  watch.give_up = true;
  ASSERT_TRUE(watch.step(kNow + minutes(11)));
  watch.give_up = false;
  server.gate = {};

  watch.poll(kNow + hours(25));

  EXPECT_EQ(watch.read.size(), 100U);
}

TEST(MastodonWalkTest, GoesOnWithItsWalkAfterAnOutage) {
  FakeMastodon server;
  fill(server, 100, kNow - hours(24 * 20));
  Watch watch(server);
  ASSERT_TRUE(watch.step(kNow));
  server.gate = [](const HttpRequest&) { return http_answer(503, ""); };
  watch.give_up = true;
  ASSERT_FALSE(watch.step(kNow + minutes(11)));
  server.gate = {};

  watch.poll(kNow + minutes(12));

  EXPECT_EQ(watch.read.size(), 100U);
}

TEST(MastodonWalkTest, CoversNothingOfAWalkThatItGaveUpButWhatItRead) {
  FakeMastodon server;
  fill(server, 100, kNow - minutes(1));
  server.add(kNow - seconds(30), kNow - hours(48));  // It arrived late: its date says nothing.
  Watch watch(server);
  watch.backfill_from = kNow - hours(72);
  server.gate = broken_below(server.posts()[39].id);
  watch.poll(kNow);

  watch.give_up = true;
  ASSERT_TRUE(watch.step(kNow + minutes(11)).value().gave_up);

  EXPECT_TRUE(covers(watch.covered, kNow - minutes(20)));
  EXPECT_FALSE(covers(watch.covered, kNow - hours(47)));
}

TEST(MastodonWalkTest, ComesBackForWhatItGaveUpHoweverFarBackItLies) {
  FakeMastodon server;
  server.page_limit = 10;
  for (int i = 0; i < 40; ++i) {
    server.add(kNow - hours(24 * i + 1));
  }
  Watch watch(server);
  watch.backfill_from = kNow - hours(24 * 30);
  server.gate = broken_below(server.posts()[19].id);
  watch.poll(kNow);
  watch.give_up = true;
  ASSERT_TRUE(watch.step(kNow + minutes(11)).value().gave_up);
  watch.poll(kNow + hours(25));
  watch.give_up = false;
  ASSERT_EQ(watch.read.size(), 20U);
  ASSERT_FALSE(covers(watch.covered, kNow - hours(24 * 25)));
  server.gate = {};

  watch.poll(kNow + hours(50));

  EXPECT_EQ(watch.read.size(), 30U);
  EXPECT_TRUE(covers(watch.covered, kNow - hours(24 * 25)));
  EXPECT_FALSE(decode_mastodon_progress(watch.progress.value)->hole);
}

// Answers like a server in trouble, that shows nothing below one of its posts.
std::function<std::optional<HttpResponse>(const HttpRequest&)> empty_below(std::uint64_t id) {
  return [id](const HttpRequest& request) -> std::optional<HttpResponse> {
    if (request.url.find("max_id=" + std::to_string(id)) != std::string::npos) {
      return http_answer(200, "[]");
    }
    return std::nullopt;
  };
}

TEST(MastodonWalkTest, AsksAgainWithinTheHourForAPageThatEndedItsFirstWalk) {
  FakeMastodon server;
  fill(server, 200, kNow - hours(24 * 8));
  fill(server, 100, kNow - minutes(1));
  Watch watch(server);
  watch.backfill_from = kNow - hours(24 * 30);
  server.gate = empty_below(server.posts()[79].id);
  watch.poll(kNow);
  ASSERT_EQ(watch.read.size(), 80U);
  ASSERT_FALSE(watch.error);
  server.gate = {};

  EXPECT_EQ(watch.cost_of_poll(kNow + minutes(59)), 1U);
  watch.poll(kNow + minutes(61));

  EXPECT_EQ(watch.read.size(), 300U);
  EXPECT_TRUE(covers(watch.covered, kNow - hours(24 * 29)));
  EXPECT_EQ(watch.cost_of_poll(kNow + minutes(62)), 1U);
}

TEST(MastodonWalkTest, ReadsToTheBeginningBelowAPageThatEndedAFirstWalkWithoutABound) {
  FakeMastodon server;
  fill(server, 300, kNow - hours(24 * 365));
  fill(server, 100, kNow - minutes(1));
  Watch watch(server);
  server.gate = empty_below(server.posts()[79].id);
  watch.poll(kNow);
  ASSERT_EQ(watch.read.size(), 80U);
  ASSERT_FALSE(watch.error);
  server.gate = {};

  watch.poll(kNow + minutes(61));

  EXPECT_EQ(watch.read.size(), 400U);
}

TEST(MastodonWalkTest, AsksOnlyOnceMoreForAnEndThatStays) {
  FakeMastodon server;
  fill(server, 100, kNow - hours(24 * 8));
  Watch watch(server);
  watch.backfill_from = kNow - hours(24 * 30);
  watch.poll(kNow);
  const auto asks_for_end = [&] {
    return std::ranges::count_if(server.requests, [&](const HttpRequest& request) {
      return request.url.ends_with("max_id=" + std::to_string(server.posts().back().id));
    });
  };
  ASSERT_EQ(asks_for_end(), 2);

  for (int hour = 1; hour < 23; ++hour) {
    watch.poll(kNow + hours(hour) + minutes(1));
  }

  EXPECT_EQ(asks_for_end(), 2 + 2);  // Past all caches too, each time.
}

TEST(MastodonWalkTest, DoesNotGiveUpWhileNothingComesAtAll) {
  FakeMastodon server;
  fill(server, 100, kNow - minutes(1));
  Watch watch(server);
  ASSERT_TRUE(watch.step(kNow));
  const Progress before = watch.progress;
  server.gate = [](const HttpRequest&) { return http_answer(500, ""); };
  watch.give_up = true;

  EXPECT_FALSE(watch.step(kNow + minutes(11)));

  EXPECT_EQ(watch.progress, before);
}

TEST(MastodonWalkTest, TakesAnOldPostThatArrivesAtATagThatWasEmpty) {
  FakeMastodon server;
  Watch watch(server);
  watch.backfill_from = kNow;
  watch.poll(kNow);
  const FakePost late = server.add(kNow + seconds(30), kNow - minutes(10));

  watch.poll(kNow + minutes(1));

  EXPECT_TRUE(watch.has(late));
}

TEST(MastodonWalkTest, ReadsBackToTheBoundAndNoFurther) {
  FakeMastodon server;
  fill(server, 200, kNow - minutes(1));
  Watch watch(server);
  watch.backfill_from = kNow - minutes(60);

  const auto pages = watch.poll(kNow);

  EXPECT_EQ(watch.read.size(), 60U);
  EXPECT_EQ(pages.size(), 2U);
}

TEST(MastodonWalkTest, ReadsNothingOfThePastWithoutBackfill) {
  FakeMastodon server;
  fill(server, 200, kNow - minutes(1));
  Watch watch(server);
  watch.backfill_from = kNow;

  watch.poll(kNow);
  watch.poll(kNow + hours(25));
  EXPECT_TRUE(watch.read.empty());

  const FakePost late = server.add(kNow + hours(25), kNow - hours(48));
  watch.poll(kNow + hours(26));
  EXPECT_EQ(watch.read.size(), 1U);
  EXPECT_TRUE(watch.has(late));
}

TEST(MastodonWalkTest, DoesNotStopAtOnePostThatArrivedLate) {
  FakeMastodon server;
  server.page_limit = 5;
  fill(server, 30, kNow - minutes(10));
  const FakePost late = server.add(kNow - minutes(5), kNow - hours(48));
  Watch watch(server);
  watch.backfill_from = kNow - hours(1);

  watch.poll(kNow);

  EXPECT_EQ(watch.read.size(), 30U);
  EXPECT_FALSE(watch.has(late));
}

// Ids of other software tell no time: then only a whole page of old posts ends the walk.
TEST(MastodonWalkTest, StopsAtAWholePageOfOldPostsWhereIdsTellNoTime) {
  FakeMastodon server;
  server.page_limit = 5;
  const auto arrival = [](int number) { return TimePoint(milliseconds(number)); };
  for (int i = 0; i < 40; ++i) {
    server.add(arrival(1000 - i), kNow - minutes(i % 5 == 4 ? 600 : i + 1));
  }
  Watch watch(server);
  watch.backfill_from = kNow - minutes(20);

  const auto pages = watch.poll(kNow);

  EXPECT_EQ(pages.size(), 5U);
  EXPECT_EQ(watch.read.size(), 16U);
}

TEST(MastodonWalkTest, ResumesAWalkThatWasCutAndThenReadsWhatCameMeanwhile) {
  FakeMastodon server;
  server.page_limit = 5;
  fill(server, 50, kNow - minutes(1));
  Watch watch(server);
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(watch.step(kNow));
  }
  fill(server, 12, kNow + hours(3));

  Watch restarted(server);
  restarted.progress = watch.progress;
  const auto pages = restarted.poll(kNow + hours(4));

  restarted.read.merge(watch.read);
  EXPECT_EQ(restarted.read.size(), 62U);
  EXPECT_TRUE(pages.back().at_head);
}

TEST(MastodonWalkTest, MovesTheHeadOnlyWhenTheWalkHasClosed) {
  FakeMastodon server;
  server.page_limit = 5;
  fill(server, 5, kNow - hours(1));
  Watch watch(server);
  watch.poll(kNow);
  const auto before = decode_mastodon_progress(watch.progress.value).value();
  fill(server, 23, kNow + hours(1));

  ASSERT_TRUE(watch.step(kNow + hours(1)));
  const auto cut = decode_mastodon_progress(watch.progress.value).value();
  watch.poll(kNow + hours(1));
  const auto after = decode_mastodon_progress(watch.progress.value).value();

  EXPECT_EQ(cut.head, before.head);
  ASSERT_TRUE(cut.walk);
  EXPECT_EQ(after.head, cut.walk->top);
  EXPECT_EQ(watch.read.size(), 28U);
}

TEST(MastodonWalkTest, FindsWhatArrivedBehindTheHeadWithTheNextNewPost) {
  FakeMastodon server;
  fill(server, 100, kNow - hours(30));
  server.add(kNow - minutes(2));
  Watch watch(server);
  watch.poll(kNow);
  const FakePost fetched = server.add(kNow - minutes(5));
  server.add(kNow + seconds(30));

  watch.poll(kNow + minutes(1));

  EXPECT_TRUE(watch.has(fetched));
}

TEST(MastodonWalkTest, RereadsADayEveryHourAndAWeekEveryDay) {
  FakeMastodon server;
  server.page_limit = 10;
  for (int i = 1; i <= 24 * 10; ++i) {
    server.add(kNow - hours(i));
  }
  Watch watch(server);
  watch.poll(kNow);
  const FakePost of_today = server.add(kNow - hours(20) - minutes(7));
  const FakePost of_this_week = server.add(kNow - hours(24 * 6) - minutes(7));
  const FakePost of_long_ago = server.add(kNow - hours(24 * 9) - minutes(7));

  watch.poll(kNow + minutes(59));
  EXPECT_FALSE(watch.has(of_today));
  watch.poll(kNow + minutes(61));
  EXPECT_TRUE(watch.has(of_today));
  EXPECT_FALSE(watch.has(of_this_week));
  EXPECT_EQ(watch.cost_of_poll(kNow + minutes(62)), 1U);
  watch.poll(kNow + hours(24));
  EXPECT_TRUE(watch.has(of_this_week));
  EXPECT_FALSE(watch.has(of_long_ago));
}

TEST(MastodonWalkTest, FindsEditsInARangeThatIsReadAgain) {
  FakeMastodon server;
  fill(server, 100, kNow - minutes(1));
  const FakePost edited = server.posts()[70];
  Watch watch(server);
  watch.poll(kNow);
  server.at(edited.id).edited_at = "2026-05-04T12:30:00.000Z";

  watch.poll(kNow + minutes(61));

  EXPECT_EQ(watch.read[FakeMastodon::uri_of(edited.id)], "2026-05-04T12:30:00.000Z");
}

TEST(MastodonWalkTest, LetsALongRereadWaitForTheNewestPosts) {
  FakeMastodon server;
  server.page_limit = 2;
  fill(server, 60, kNow - minutes(1));
  Watch watch(server);
  watch.poll(kNow);
  TimePoint now = kNow + minutes(61);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(watch.step(now));
  }
  const FakePost fresh = server.add(now);

  now += seconds(61);
  ASSERT_TRUE(watch.step(now));

  EXPECT_TRUE(watch.has(fresh));
  EXPECT_TRUE(decode_mastodon_progress(watch.progress.value)->reread);
}

TEST(MastodonWalkTest, BringsARereadToItsEndHoweverSlowTheRequestsAre) {
  FakeMastodon server;
  server.page_limit = 5;
  fill(server, 60, kNow - minutes(1));
  Watch watch(server);
  watch.poll(kNow);
  TimePoint now = kNow + minutes(61);

  int calls = 0;
  bool at_head = false;
  for (; !at_head && calls < 100; ++calls, now += minutes(5)) {
    const auto page = watch.step(now);
    ASSERT_TRUE(page);
    at_head = page->at_head;
  }

  EXPECT_TRUE(at_head);
  EXPECT_LT(calls, 40);
}

// As after a restart: the re-read goes on where it stood, and ends far below what came meanwhile.
TEST(MastodonWalkTest, EndsNoPollWithoutAFreshLookAtTheNewestPosts) {
  FakeMastodon server;
  server.page_limit = 5;
  fill(server, 5, kNow - hours(30));
  fill(server, 5, kNow - minutes(1));
  Watch watch(server);
  watch.poll(kNow);
  ASSERT_TRUE(watch.step(kNow + minutes(61)));
  ASSERT_TRUE(decode_mastodon_progress(watch.progress.value)->reread);
  const FakePost fresh = server.add(kNow + hours(3));

  Watch restarted(server);
  restarted.progress = watch.progress;
  const auto pages = restarted.poll(kNow + hours(3));

  EXPECT_TRUE(restarted.has(fresh));
  EXPECT_TRUE(pages.back().at_head);
}

// A look that only ends the poll must not begin another re-read, which would outlast it again.
TEST(MastodonWalkTest, EndsAPollHoweverSlowTheRequestsAreWhileNewsComes) {
  FakeMastodon server;
  server.page_limit = 5;
  fill(server, 60, kNow - minutes(1));
  Watch watch(server);
  watch.poll(kNow);
  TimePoint now = kNow + minutes(5);

  int calls = 0;
  bool at_head = false;
  for (; !at_head && calls < 100; ++calls, now += minutes(2)) {
    for (int i = 0; i < 3; ++i) {
      server.add(now);
    }
    const auto page = watch.step(now);
    ASSERT_TRUE(page);
    at_head = page->at_head;
  }

  EXPECT_TRUE(at_head);
  EXPECT_LT(calls, 40);
}

TEST(MastodonWalkTest, SaysWhichRangeAPageHoldsCompletely) {
  FakeMastodon server;
  server.page_limit = 3;
  fill(server, 6, kNow - minutes(1));
  const auto posts = server.posts();
  Watch watch(server);

  const auto pages = watch.poll(kNow);

  ASSERT_GE(pages.size(), 2U);
  for (std::size_t i = 0; i < posts.size(); ++i) {
    const std::string id = std::to_string(posts[i].id);
    EXPECT_EQ(contains(*pages[0].complete_between, id), i < 3);
    EXPECT_EQ(contains(*pages[1].complete_between, id), i >= 3);
  }
  EXPECT_TRUE(contains(*pages[0].complete_between, "999999999999999999"));
}

TEST(MastodonWalkTest, NoticesThatTheOldestPostHasGone) {
  FakeMastodon server;
  fill(server, 3, kNow - hours(2));
  const FakePost oldest = server.posts().back();
  Watch watch(server);
  watch.poll(kNow);
  server.erase(oldest.id);

  const auto pages = watch.poll(kNow + minutes(61));

  const std::string id = std::to_string(oldest.id);
  EXPECT_TRUE(std::ranges::any_of(pages, [&id](const Page& page) {
    return page.complete_between && contains(*page.complete_between, id);
  }));
}

TEST(MastodonWalkTest, NoticesThatTheNewestPostHasGone) {
  FakeMastodon server;
  fill(server, 3, kNow - hours(2));
  const FakePost newest = server.posts().front();
  Watch watch(server);
  watch.poll(kNow);
  server.erase(newest.id);

  const auto pages = watch.poll(kNow + minutes(1));

  ASSERT_EQ(pages.size(), 1U);
  EXPECT_TRUE(contains(*pages[0].complete_between, std::to_string(newest.id)));
}

TEST(MastodonWalkTest, CoversFromTheBackfillOnWithoutAHole) {
  FakeMastodon server;
  server.page_limit = 7;
  fill(server, 100, kNow - minutes(1));
  Watch watch(server);
  watch.backfill_from = kNow - minutes(50);
  watch.poll(kNow);
  fill(server, 30, kNow + minutes(60));
  watch.poll(kNow + minutes(61));

  EXPECT_TRUE(covers(watch.covered, kNow - minutes(50)));
  EXPECT_TRUE(covers(watch.covered, kNow));
  EXPECT_TRUE(covers(watch.covered, kNow + minutes(61) - milliseconds(1)));
  EXPECT_FALSE(covers(watch.covered, kNow - minutes(50) - milliseconds(1)));
  EXPECT_FALSE(covers(watch.covered, kNow + minutes(61)));
}

TEST(MastodonWalkTest, CoversAWalkThatWasCutOnlyAsFarAsItCame) {
  FakeMastodon server;
  server.page_limit = 10;
  fill(server, 100, kNow);
  Watch watch(server);

  ASSERT_TRUE(watch.step(kNow + minutes(1)));

  EXPECT_TRUE(covers(watch.covered, kNow - minutes(5)));
  EXPECT_FALSE(covers(watch.covered, kNow - minutes(11)));
}

TEST(MastodonWalkTest, RefusesPagesOutOfOrder) {
  FakeMastodon server;
  Watch watch(server);
  watch.poll(kNow);
  const Progress before = watch.progress;
  server.scripted.push_back(http_answer(200, R"([{"id":"5"},{"id":"7"}])"));

  const auto page = watch.step(kNow + minutes(1));

  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().reason, "bad_order");
  EXPECT_EQ(page.error().code, ErrorCode::Malformed);
  EXPECT_EQ(watch.progress, before);
}

TEST(MastodonWalkTest, RefusesToTurnInCircles) {
  FakeMastodon server;
  server.ignores_max_id = true;
  fill(server, 100, kNow - minutes(1));
  Watch watch(server);

  const auto pages = watch.poll(kNow);

  EXPECT_EQ(pages.size(), 1U);
  ASSERT_TRUE(watch.error);
  EXPECT_EQ(watch.error->reason, "stuck");
}

TEST(MastodonWalkTest, CannotGoOnBelowAPageWithoutIds) {
  FakeMastodon server;
  Watch watch(server);
  watch.poll(kNow);
  server.scripted.push_back(http_answer(200, "[{},{}]"));

  const auto page = watch.step(kNow + minutes(1));

  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().reason, "wrong_shape");
}

TEST(MastodonWalkTest, GoesOnAfterTheClockWasSetBack) {
  FakeMastodon server;
  fill(server, 50, kNow - minutes(1));
  Watch watch(server);
  watch.poll(kNow + hours(24 * 365));
  const FakePost fetched = server.add(kNow - minutes(20));
  const FakePost fresh = server.add(kNow + minutes(1));

  watch.poll(kNow + minutes(2));

  EXPECT_TRUE(watch.has(fresh));
  EXPECT_TRUE(watch.has(fetched));
}

// Whatever the server's pages, faults, crashes and the order in which posts arrive: in the end all
// is read that was there to read, in its last version.
class MastodonWalkRandomTest : public testing::TestWithParam<unsigned> {};

TEST_P(MastodonWalkRandomTest, LosesNothing) {
  std::mt19937 random(GetParam());
  const auto chance = [&random](unsigned percent) { return random() % 100 < percent; };
  const bool ids_tell_time = chance(70);
  FakeMastodon server;
  Watch watch(server);
  TimePoint now = kNow;
  int arrivals = 0;
  const auto arrive = [&](TimePoint arrived, TimePoint posted) -> FakePost& {
    return server.add(ids_tell_time ? arrived : TimePoint(milliseconds(++arrivals)), posted);
  };

  for (int round = 0; round < 30; ++round) {
    now += seconds(20 + random() % 600);
    for (auto i = random() % 30; i > 0; --i) {
      const auto age = minutes(random() % 2000);
      const TimePoint posted = chance(20) ? now - age : now;
      arrive(chance(50) ? posted : now, posted);
    }
    if (auto posts = server.posts(); !posts.empty() && chance(50)) {
      FakePost& edited = server.at(posts[random() % std::min<std::size_t>(posts.size(), 20)].id);
      edited.edited_at = format_rfc3339(now);
    }
    server.page_limit = 1 + random() % 40;
    for (auto calls = random() % 20; calls > 0; --calls) {
      if (chance(20)) {
        server.scripted.push_back(chance(50) ? http_answer(503, "") : http_answer(200, "[{\"id\""));
      }
      const Progress before = watch.progress;
      const auto page = watch.step(now);
      if (chance(20)) {
        watch.progress = before;  // Killed before the page was durable.
      } else if (page && page->at_head) {
        break;
      }
    }
    server.scripted.clear();
  }
  server.page_limit = 40;
  watch.poll(now);
  watch.poll(now + hours(25));

  for (const FakePost& post : server.posts()) {
    ASSERT_TRUE(watch.has(post)) << post.id;
    EXPECT_EQ(watch.read[FakeMastodon::uri_of(post.id)], post.edited_at);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, MastodonWalkRandomTest, testing::Range(0U, 12U));

}  // namespace
}  // namespace sightingd
