#include "connectors/mastodon/mastodon_connector.h"

#include "connectors/registry.h"
#include "tests/connectors/mastodon/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace sightingd {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

const TimePoint kNow = parse_rfc3339("2026-05-04T12:00:00Z").value();
const Account kRescue{"rescue@social.example.org"};

constexpr const char* kClosed =
    R"({"domain":"social.example.org","version":"4.5.0","configuration":{"timelines_access":)"
    R"({"hashtag_feeds":{"local":"authenticated","remote":"disabled"}}}})";
constexpr const char* kLocalOnly =
    R"({"domain":"social.example.org","version":"4.5.0","configuration":{"timelines_access":)"
    R"({"hashtag_feeds":{"local":"public","remote":"authenticated"}}}})";

SourceOptions with_token() {
  SourceOptions source;
  source.token = "secret";
  return source;
}

std::vector<std::string> paths(const FakeMastodon& server) {
  std::vector<std::string> paths;
  for (const auto& request : server.requests) {
    paths.push_back(request.url.substr(std::string("https://social.example.org").size()));
  }
  return paths;
}

// What becomes of a poll that is answered so.
Error error_of(const Result<HttpResponse>& answer) {
  FakeMastodon server;
  server.add(kNow);
  Watch watch(server);
  watch.poll(kNow);
  const Progress before = watch.progress;
  server.scripted.push_back(answer);

  auto page = watch.step(kNow + minutes(1));

  EXPECT_FALSE(page);
  EXPECT_EQ(watch.progress, before);
  return page ? Error{} : page.error();
}

TEST(MastodonConnectorTest, AsksForTheTagInUtf8) {
  FakeMastodon server;
  Watch watch(server, Hashtag{"寻人 a/b"}, with_token());

  watch.poll(kNow);

  EXPECT_THAT(
      paths(server),
      ElementsAre("/api/v2/instance", "/api/v1/timelines/tag/%E5%AF%BB%E4%BA%BA%20a%2Fb?limit=40"));
  for (const auto& request : server.requests) {
    EXPECT_EQ(request.bearer_token, "secret");
    EXPECT_THAT(request.headers, testing::Contains("Accept: application/json"));
  }
}

// A server lowers hashtags and folds none: under "fussball" it keeps other posts.
TEST(MastodonConnectorTest, AsksForATagAsItsServerSpellsIt) {
  FakeMastodon server;
  Watch watch(server, Hashtag{.folded = "fussball", .lowered = "fußball"});

  watch.poll(kNow);

  EXPECT_THAT(paths(server), testing::Contains("/api/v1/timelines/tag/fu%C3%9Fball?limit=40"));
}

TEST(MastodonConnectorTest, AsksTheServerAboutItselfOnceForAllWatches) {
  FakeMastodon server;
  server.add(kNow);
  Watch watch(server);
  watch.poll(kNow);
  const std::size_t before = server.requests.size();

  const auto page = read_next(
      watch.connector(),
      {.subject = Hashtag{"cats"}, .progress = {}, .now = kNow, .backfill_from = std::nullopt});

  EXPECT_TRUE(page);
  EXPECT_EQ(server.requests.size(), before + 1);
}

TEST(MastodonConnectorTest, NamesLocalAuthorsByTheDomainThatTheServerClaims) {
  FakeMastodon server;
  server.instance_body = R"({"domain":"example.org"})";
  server.add(kNow);
  Watch watch(server);

  const auto page = watch.step(kNow);

  ASSERT_TRUE(page);
  ASSERT_EQ(page->posts.size(), 1U);
  EXPECT_EQ(page->posts[0].author, "rescue@example.org");
}

TEST(MastodonConnectorTest, ReadsAServerThatSaysNothingOfItself) {
  FakeMastodon server;
  server.instance_status = 404;
  server.add(kNow);
  Watch watch(server);

  const auto page = watch.step(kNow);

  ASSERT_TRUE(page);
  ASSERT_EQ(page->posts.size(), 1U);
  EXPECT_EQ(page->posts[0].author, "rescue@social.example.org");
}

TEST(MastodonConnectorTest, FailsWhenTheServerFailsToSayWhatItIs) {
  FakeMastodon server;
  server.instance_status = 503;
  Watch watch(server);

  const auto page = watch.step(kNow);

  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().reason, "server_error");
}

TEST(MastodonConnectorTest, LooksAnAccountUpOnceAndKeepsItsId) {
  FakeMastodon server;
  server.add(kNow);
  Watch watch(server, kRescue);
  watch.poll(kNow);
  watch.poll(kNow + minutes(1));

  EXPECT_EQ(watch.read.size(), 1U);
  EXPECT_THAT(paths(server),
              ElementsAre("/api/v2/instance", "/api/v1/accounts/lookup?acct=rescue",
                          "/api/v1/accounts/109000000000000001/statuses?limit=40",
                          HasSubstr("limit=40&max_id="), HasSubstr("limit=39&max_id="),
                          "/api/v1/accounts/109000000000000001/statuses?limit=40"));
}

TEST(MastodonConnectorTest, AsksForAForeignAccountByItsWholeName) {
  FakeMastodon server;
  Watch watch(server, Account{"rescue@elsewhere.example.net"});

  watch.poll(kNow);

  EXPECT_THAT(paths(server),
              testing::Contains("/api/v1/accounts/lookup?acct=rescue%40elsewhere.example.net"));
}

TEST(MastodonConnectorTest, SaysThatAnAccountIsUnknown) {
  FakeMastodon server;
  Watch watch(server, Account{"nobody@social.example.org"});

  watch.poll(kNow);

  ASSERT_TRUE(watch.error);
  EXPECT_EQ(watch.error->reason, "unknown_account");
  EXPECT_THAT(watch.error->message, HasSubstr("home server"));
  EXPECT_THAT(watch.error->message, testing::Not(HasSubstr("nobody")));
}

TEST(MastodonConnectorTest, RefusesAnotherAccountThanTheOneItAskedFor) {
  FakeMastodon server;
  Watch watch(server, kRescue);
  server.scripted.push_back(http_answer(200, "{}"));
  server.scripted.push_back(http_answer(200, R"({"id":"1","acct":"somebody_else"})"));

  watch.poll(kNow);

  ASSERT_TRUE(watch.error);
  EXPECT_EQ(watch.error->reason, "wrong_shape");
}

TEST(MastodonConnectorTest, FollowsAnAccountToANewId) {
  FakeMastodon server;
  server.add(kNow);
  Watch watch(server, kRescue);
  watch.poll(kNow);
  server.account_id = "7";
  const FakePost fresh = server.add(kNow + minutes(1));

  watch.poll(kNow + minutes(2));

  EXPECT_FALSE(watch.error);
  EXPECT_TRUE(watch.has(fresh));
}

TEST(MastodonConnectorTest, TellsAClosedFeedFromAnEmptyOne) {
  FakeMastodon server;
  server.instance_body = kClosed;
  Watch watch(server);

  watch.poll(kNow);

  ASSERT_TRUE(watch.error);
  EXPECT_EQ(watch.error->reason, "closed_feed");
  EXPECT_EQ(watch.error->code, ErrorCode::Forbidden);
}

TEST(MastodonConnectorTest, NoticesWhenAFeedIsClosedLater) {
  FakeMastodon server;
  const FakePost post = server.add(kNow);
  Watch watch(server);
  watch.poll(kNow);
  server.instance_body = kClosed;
  server.erase(post.id);

  watch.poll(kNow + minutes(10));

  ASSERT_TRUE(watch.error);
  EXPECT_EQ(watch.error->reason, "closed_feed");
}

TEST(MastodonConnectorTest, NoticesWhenAFeedIsClosedInTheMiddleOfAWalk) {
  FakeMastodon server;
  fill(server, 100, kNow);
  Watch watch(server);
  ASSERT_TRUE(watch.step(kNow));
  const Progress before = watch.progress;
  server.instance_body = kClosed;
  server.gate = [](const HttpRequest&) { return http_answer(200, "[]"); };

  const auto page = watch.step(kNow + minutes(10));

  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().reason, "closed_feed");
  EXPECT_EQ(watch.progress, before);
}

TEST(MastodonConnectorTest, DoesNotBelieveASingleEmptyPageInTheMiddleOfAWalk) {
  FakeMastodon server;
  fill(server, 100, kNow);
  Watch watch(server);
  ASSERT_TRUE(watch.step(kNow));
  server.scripted.emplace_back(http_answer(200, "[]"));

  watch.poll(kNow);

  EXPECT_EQ(watch.read.size(), 100U);
}

// Caches know an answer by its URL, and many of them heed no "no-cache".
TEST(MastodonConnectorTest, AsksForAnEmptyPageAgainInOtherWords) {
  FakeMastodon server;
  for (int i = 0; i < 100; ++i) {
    server.add(kNow - minutes(i));
  }
  Watch watch(server);
  ASSERT_TRUE(watch.step(kNow));
  const std::string below = std::to_string(server.posts()[39].id);
  server.gate = [below](const HttpRequest& request) -> std::optional<HttpResponse> {
    return request.url.ends_with("?limit=40&max_id=" + below)
               ? std::optional(http_answer(200, "[]"))
               : std::nullopt;
  };

  watch.poll(kNow);

  EXPECT_EQ(watch.read.size(), 100U);
}

TEST(MastodonConnectorTest, NoticesAtOnceThatAFeedWasClosedInTheMiddleOfAWalk) {
  FakeMastodon server;
  for (int i = 0; i < 100; ++i) {
    server.add(kNow - minutes(i));
  }
  Watch watch(server);
  ASSERT_TRUE(watch.step(kNow));
  server.instance_body = kClosed;
  server.gate = [](const HttpRequest&) { return http_answer(200, "[]"); };

  const auto page = watch.step(kNow + seconds(10));

  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().reason, "closed_feed");
}

// Everything down to the head has gone, it says.
TEST(MastodonConnectorTest, BelievesThatAWalkMissesItsHeadOnlyInASecondPoll) {
  FakeMastodon server;
  server.page_limit = 3;
  const FakePost old = server.add(kNow - hours(1));
  Watch watch(server);
  watch.poll(kNow);
  for (int i = 0; i < 3; ++i) {
    server.add(kNow + minutes(i));
  }
  ASSERT_TRUE(watch.step(kNow + minutes(5)));
  server.erase(old.id);
  const Progress before = watch.progress;

  const auto first = watch.step(kNow + minutes(5));
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().reason, "empty_page");
  EXPECT_EQ(first.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(watch.progress, before);
  const auto second = watch.step(kNow + minutes(6));

  ASSERT_TRUE(second);
  EXPECT_NE(watch.progress, before);
}

TEST(MastodonConnectorTest, ReadsAFeedThatItsTokenOpens) {
  FakeMastodon server;
  server.instance_body = kClosed;
  server.add(kNow);
  Watch watch(server, Hashtag{"birds"}, with_token());

  watch.poll(kNow);

  EXPECT_FALSE(watch.error);
  EXPECT_EQ(watch.read.size(), 1U);
}

TEST(MastodonConnectorTest, PollsAnEmptyTagWithOneRequest) {
  FakeMastodon server;
  Watch watch(server);
  watch.poll(kNow);

  EXPECT_EQ(watch.cost_of_poll(kNow + minutes(1)), 1U);
}

TEST(MastodonConnectorTest, ReadsLocalPostsWhereOnlyRemoteOnesAreClosed) {
  FakeMastodon server;
  server.instance_body = kLocalOnly;
  server.add(kNow);
  server.gate = [](const HttpRequest& request) -> std::optional<HttpResponse> {
    if (request.url.find("local=true") == std::string::npos) {
      return http_answer(422, R"({"error":"This method requires an authenticated user"})");
    }
    return std::nullopt;
  };
  Watch watch(server);
  watch.poll(kNow);

  const FakePost fresh = server.add(kNow + seconds(30));
  Watch restarted(server);
  restarted.progress = watch.progress;
  restarted.poll(kNow + minutes(1));

  EXPECT_EQ(watch.read.size(), 1U);
  EXPECT_FALSE(restarted.error);
  EXPECT_TRUE(restarted.has(fresh));
}

void expect_local_only(const Watch& watch) {
  EXPECT_FALSE(watch.covered.empty());
  for (const CoverageRow& row : watch.covered) {
    EXPECT_FALSE(row.complete);
    EXPECT_EQ(row.reason, "local_only");
  }
}

TEST(MastodonConnectorTest, CoversInPartWhereStrangersSeeLocalPostsOnly) {
  FakeMastodon server;
  server.instance_body = kLocalOnly;
  server.add(kNow);
  Watch watch(server);

  watch.poll(kNow + seconds(1));

  expect_local_only(watch);
  EXPECT_EQ(watch.connector().remark(), "local_only");
}

TEST(MastodonConnectorTest, CoversInPartWhereNobodySeesPostsFromElsewhere) {
  FakeMastodon server;
  server.instance_body = kClosed;
  server.add(kNow);
  Watch before(server, Hashtag{"birds"}, with_token());
  before.poll(kNow + seconds(1));
  Watch restarted(server, Hashtag{"birds"}, with_token());
  restarted.progress = before.progress;

  restarted.poll(kNow + minutes(1));

  expect_local_only(restarted);
  EXPECT_EQ(restarted.connector().remark(), "local_only");
}

TEST(MastodonConnectorTest, NoticesThatAServerHasOpened) {
  FakeMastodon server;
  server.instance_body = kLocalOnly;
  server.add(kNow);
  Watch watch(server);
  watch.poll(kNow + seconds(1));
  server.instance_body = R"({"domain":"social.example.org","version":"4.5.0"})";
  watch.covered.clear();

  watch.poll(kNow + hours(7));

  ASSERT_FALSE(watch.covered.empty());
  EXPECT_TRUE(watch.covered.back().complete);
  EXPECT_EQ(watch.connector().remark(), "");
}

TEST(MastodonConnectorTest, CoversAnAccountWholeWhereOnlyHashtagsAreClosed) {
  FakeMastodon server;
  server.instance_body = kLocalOnly;
  server.add(kNow);
  Watch watch(server, kRescue);

  watch.poll(kNow + seconds(1));

  ASSERT_FALSE(watch.covered.empty());
  EXPECT_TRUE(watch.covered.back().complete);
}

TEST(MastodonConnectorTest, GivesEveryStatusItsReason) {
  struct Case {
    long status;
    ErrorCode code;
    std::string_view reason;
  };
  for (const Case& expected :
       {Case{401, ErrorCode::Forbidden, "unauthorized"},
        Case{403, ErrorCode::Forbidden, "forbidden"}, Case{404, ErrorCode::Gone, "not_found"},
        Case{410, ErrorCode::Gone, "gone"}, Case{418, ErrorCode::Forbidden, "refused"},
        Case{422, ErrorCode::Forbidden, "auth_required"},
        Case{429, ErrorCode::RateLimited, "rate_limited"},
        Case{500, ErrorCode::Unavailable, "server_error"},
        Case{503, ErrorCode::Unavailable, "server_error"},
        Case{204, ErrorCode::Malformed, "unexpected_status"},
        Case{302, ErrorCode::Malformed, "unexpected_status"},
        Case{400, ErrorCode::Malformed, "unexpected_status"}}) {
    const Error error = error_of(http_answer(expected.status, "{}"));

    EXPECT_EQ(error.code, expected.code) << expected.status;
    EXPECT_EQ(error.reason, expected.reason) << expected.status;
  }
}

TEST(MastodonConnectorTest, GivesEveryOddBodyItsReason) {
  EXPECT_EQ(error_of(http_answer(200, "")).reason, "empty_body");
  EXPECT_EQ(error_of(http_answer(200, "<html></html>")).reason, "html");
  EXPECT_EQ(error_of(http_answer(200, "[{\"id\":")).reason, "truncated_json");
  EXPECT_EQ(error_of(http_answer(200, "\x01\x02garbage")).reason, "bad_json");
  EXPECT_EQ(error_of(http_answer(200, R"({"error":"x"})")).reason, "wrong_shape");
}

TEST(MastodonConnectorTest, PassesOnWhatTheClientSays) {
  const Error error = error_of(Error{ErrorCode::Unavailable, "no whole answer", "timeout"});

  EXPECT_EQ(error.reason, "timeout");
}

TEST(MastodonConnectorTest, WaitsOnlyWhenItIsAskedTo) {
  HttpResponse limited = http_answer(429, "{}");
  limited.rate_limit.wait = seconds(90);
  HttpResponse broken = http_answer(500, "");
  broken.rate_limit.wait = minutes(4);
  HttpResponse overloaded = http_answer(503, "");
  overloaded.rate_limit.wait = seconds(30);
  overloaded.headers = {{"retry-after", "30"}};

  EXPECT_EQ(error_of(limited).retry_after, seconds(90));
  EXPECT_EQ(error_of(broken).retry_after, seconds(0));
  EXPECT_EQ(error_of(overloaded).retry_after, seconds(30));
}

TEST(MastodonConnectorTest, HonoursAServerThatSpeaksForItsAuthors) {
  const auto posts_read = [](std::vector<std::string> honour) {
    FakeMastodon server;
    server.gate = [](const HttpRequest&) {
      HttpResponse response = http_answer(
          200, R"([{"id":"7","created_at":"2026-05-04T12:00:00Z","visibility":"public",)"
               R"("uri":"https://a.example/7","account":{"acct":"a"}}])");
      response.headers = {{"x-robots-tag", "noindex, nofollow"},
                          {"x-robots-tag", "noai, noimageai"}};
      return response;
    };
    SourceOptions source;
    source.honour = std::move(honour);
    Watch watch(server, Hashtag{"birds"}, source);
    return watch.step(kNow)->posts.size();
  };

  EXPECT_EQ(posts_read({"noindex", "nobot"}), 1U);
  EXPECT_EQ(posts_read({"noimageai"}), 0U);
}

TEST(MastodonConnectorTest, CoversNoLaterThanWhatACacheShowed) {
  FakeMastodon server;
  Watch watch(server);
  watch.backfill_from = kNow - hours(1);
  server.gate = [](const HttpRequest&) {
    HttpResponse response = http_answer(200, "[]");
    response.headers = {{"age", "40"}};
    return response;
  };

  watch.poll(kNow);

  ASSERT_EQ(watch.covered.size(), 1U);
  EXPECT_EQ(watch.covered[0], (CoverageRow{.range = {kNow - hours(1), kNow - seconds(40)}}));
}

// As of another version: it would fail in every poll, and nothing would ever mend it.
TEST(MastodonConnectorTest, BeginsAnewWhereItCannotReadItsProgress) {
  for (const Subject& subject : {Subject(Hashtag{"birds"}), Subject(kRescue)}) {
    FakeMastodon server;
    fill(server, 100, kNow);
    Watch watch(server, subject);
    watch.progress.value = "something else";

    const auto pages = watch.poll(kNow);

    ASSERT_FALSE(watch.error);
    EXPECT_EQ(watch.read.size(), 100U);
    EXPECT_TRUE(pages.front().began_anew);
    EXPECT_EQ(std::ranges::count(pages, true, &Page::began_anew), 1);
  }
}

TEST(MastodonConnectorTest, KeepsProgressThatItCannotReadUntilItHasAnother) {
  FakeMastodon server;
  Watch watch(server);
  watch.progress.value = "something else";
  server.gate = [](const HttpRequest&) { return http_answer(503, ""); };

  ASSERT_FALSE(watch.step(kNow));
  EXPECT_EQ(watch.progress.value, "something else");
  server.gate = {};

  EXPECT_TRUE(watch.step(kNow).value().began_anew);
}

TEST(MastodonConnectorTest, BeginsAnewWhereWhatIsStoredEndsAndLooksForWhatCameLate) {
  struct Case {
    std::string progress;  // As of another version, or lost.
    TimeRange stored;
    std::size_t read;
  };
  const TimePoint now = kNow;
  const TimeRange long_ago{now - hours(24 * 40), now - hours(24 * 10)};
  const TimeRange short_time{now - hours(24 * 12), now - hours(24 * 10)};
  for (const Case& then : {Case{"something else", long_ago, 170},
                           Case{"something else", short_time, 120}, Case{"", long_ago, 170}}) {
    FakeMastodon server;
    for (int day = 0; day < 30; ++day) {
      fill(server, 10, kNow - hours(24 * day + 1));
    }
    Watch watch(server);
    watch.progress.value = then.progress;
    watch.backfill_from = kNow;
    watch.stored = then.stored;

    watch.poll(kNow);

    ASSERT_FALSE(watch.error);
    EXPECT_EQ(watch.read.size(), then.read);
  }
}

TEST(MastodonConnectorTest, ReadsTheTimelineOfAnotherSpellingFromItsTop) {
  FakeMastodon server;
  fill(server, 300, kNow - hours(24 * 20));
  Watch watch(server, Hashtag{.folded = "strasse", .lowered = ""});
  watch.poll(kNow);
  ASSERT_EQ(watch.read.size(), 300U);
  watch.subject = Hashtag{.folded = "strasse", .lowered = "straße"};
  server.requests.clear();

  const auto pages = watch.poll(kNow + minutes(1));

  EXPECT_TRUE(pages.front().began_anew);
  EXPECT_GE(std::ranges::count_if(paths(server),
                                  [](const std::string& path) {
                                    return path.starts_with("/api/v1/timelines/tag/stra%C3%9Fe");
                                  }),
            8);
  EXPECT_FALSE(watch.step(kNow + minutes(2)).value().began_anew);
}

class MastodonPresenceTest : public testing::Test {
 protected:
  std::vector<PostToCheck> ask_about(const std::vector<std::uint64_t>& ids) const {
    std::vector<PostToCheck> posts;
    for (const auto id : ids) {
      posts.push_back(
          {.ref = {.uri = FakeMastodon::uri_of(id), .version = ""}, .id = std::to_string(id)});
    }
    return posts;
  }

  FakeMastodon server;
  std::uint64_t kept = server.add(kNow).id;
  std::uint64_t hidden = server.add(kNow + seconds(1)).id;
  std::uint64_t erased = server.add(kNow + seconds(2)).id;
  Watch watch{server};

  void SetUp() override {
    server.at(hidden).visibility = "private";
    server.erase(erased);
  }
};

TEST_F(MastodonPresenceTest, AsksOneByOne) {
  const auto answers = ask_presence(watch.connector(), ask_about({kept, hidden, erased}));

  ASSERT_TRUE(answers);
  EXPECT_THAT(*answers, ElementsAre(Presence::Here, Presence::Gone, Presence::Gone));
  EXPECT_EQ(server.requests.size(), 4U);
}

TEST_F(MastodonPresenceTest, AsksInBatchesWhereTheServerHasThem) {
  server.instance_body = R"({"version":"4.3.0"})";
  std::vector<std::uint64_t> ids(41, kept);
  ids[20] = erased;
  ids[33] = hidden;
  ids[40] = erased;

  const auto answers = ask_presence(watch.connector(), ask_about(ids));

  ASSERT_TRUE(answers);
  ASSERT_EQ(answers->size(), ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    EXPECT_EQ((*answers)[i], ids[i] == kept ? Presence::Here : Presence::Gone) << i;
  }
  EXPECT_EQ(server.requests.size(), 7U);  // The instance, three batches, and each that they lack.
}

TEST_F(MastodonPresenceTest, KnowsNothingAfterAFailure) {
  ASSERT_TRUE(ask_presence(watch.connector(), ask_about({kept})));
  for (const auto& answer :
       {http_answer(500, ""), http_answer(401, ""), http_answer(200, "<html>"),
        http_answer(404, "<html>"), http_answer(404, ""), http_answer(404, "[]"),
        http_answer(410, "\"Gone\""), http_answer(200, R"({"id":"12345"})")}) {
    server.scripted.push_back(answer);

    EXPECT_FALSE(ask_presence(watch.connector(), ask_about({kept})));
  }
}

TEST_F(MastodonPresenceTest, TakesGoneForGone) {
  ASSERT_TRUE(ask_presence(watch.connector(), ask_about({kept})));
  server.scripted.push_back(http_answer(410, R"({"error":"Gone"})"));

  EXPECT_THAT(*ask_presence(watch.connector(), ask_about({kept})), ElementsAre(Presence::Gone));
  EXPECT_TRUE(ask_presence(watch.connector(), {})->empty());
}

TEST_F(MastodonPresenceTest, KnowsWhatItCouldLearn) {
  ASSERT_TRUE(ask_presence(watch.connector(), ask_about({kept})));
  server.scripted.push_back(http_answer(500, ""));

  EXPECT_THAT(*ask_presence(watch.connector(), ask_about({kept, kept, erased})),
              ElementsAre(Presence::Unknown, Presence::Here, Presence::Gone));
}

// It is refused in every poll, and those behind it come in the same order each time.
TEST_F(MastodonPresenceTest, AsksOnBehindAPostThatIsRefused) {
  ASSERT_TRUE(ask_presence(watch.connector(), ask_about({kept})));
  for (const Result<HttpResponse>& refusal :
       {Result<HttpResponse>(http_answer(401, "{}")), Result<HttpResponse>(http_answer(403, "{}")),
        Result<HttpResponse>(http_answer(422, "{}")),
        Result<HttpResponse>(Error{ErrorCode::TooLarge, "too much", "too_large"})}) {
    ASSERT_TRUE(ask_presence(watch.connector(), ask_about({hidden})));
    server.scripted = {refusal};

    const auto answers = ask_presence(watch.connector(), ask_about({hidden, kept, erased}));

    ASSERT_TRUE(answers);
    EXPECT_THAT(*answers, ElementsAre(Presence::Unknown, Presence::Here, Presence::Gone));
  }
}

TEST_F(MastodonPresenceTest, AsksNobodyElseAfterTwoRefusalsInARow) {
  ASSERT_TRUE(ask_presence(watch.connector(), ask_about({kept})));
  server.scripted = {http_answer(200, R"({"id":")" + std::to_string(kept) + "\"}"),
                     http_answer(403, "{}"), http_answer(401, "{}")};
  const std::size_t before = server.requests.size();

  const auto answers = ask_presence(watch.connector(), ask_about({kept, kept, kept, kept}));

  ASSERT_TRUE(answers);
  EXPECT_THAT(*answers,
              ElementsAre(Presence::Here, Presence::Unknown, Presence::Unknown, Presence::Unknown));
  EXPECT_EQ(server.requests.size(), before + 3);
}

TEST_F(MastodonPresenceTest, AsksTheNextTimeAboutThoseThatWereRefusedLast) {
  ASSERT_TRUE(ask_presence(watch.connector(), ask_about({kept})));
  const std::uint64_t first = server.add(kNow + seconds(3)).id;
  const std::uint64_t second = server.add(kNow + seconds(4)).id;
  const std::vector<PostToCheck> posts = ask_about({first, second, kept, erased});
  server.scripted = {http_answer(403, "{}"), http_answer(403, "{}")};
  ASSERT_FALSE(ask_presence(watch.connector(), posts));
  server.requests.clear();

  ASSERT_TRUE(ask_presence(watch.connector(), posts));

  EXPECT_THAT(paths(server), ElementsAre("/api/v1/statuses/" + std::to_string(kept),
                                         "/api/v1/statuses/" + std::to_string(erased),
                                         "/api/v1/statuses/" + std::to_string(first),
                                         "/api/v1/statuses/" + std::to_string(second)));
}

TEST_F(MastodonPresenceTest, AsksNobodyElseOnceItIsToWait) {
  ASSERT_TRUE(ask_presence(watch.connector(), ask_about({kept})));
  server.scripted.push_back(http_answer(429, "{}"));
  const std::size_t before = server.requests.size();

  EXPECT_FALSE(ask_presence(watch.connector(), ask_about({kept, kept})));
  EXPECT_EQ(server.requests.size(), before + 1);
}

TEST_F(MastodonPresenceTest, AsksOneByOneWhereBatchesAreRefused) {
  server.instance_body = R"({"version":"4.3.0"})";
  ASSERT_TRUE(ask_presence(watch.connector(), ask_about({kept})));
  server.scripted = {http_answer(403, "{}"), http_answer(403, "{}")};

  const auto answers = ask_presence(watch.connector(), ask_about({hidden, kept, erased}));

  ASSERT_TRUE(answers);
  EXPECT_THAT(*answers, ElementsAre(Presence::Unknown, Presence::Here, Presence::Gone));
}

TEST_F(MastodonPresenceTest, DoesNotBelieveABatchOfNothing) {
  server.instance_body = R"({"version":"4.3.0"})";
  ASSERT_TRUE(ask_presence(watch.connector(), ask_about({kept})));
  server.scripted.push_back(http_answer(200, "[]"));

  EXPECT_THAT(*ask_presence(watch.connector(), ask_about({erased, kept})),
              ElementsAre(Presence::Gone, Presence::Here));
}

TEST_F(MastodonPresenceTest, DoesNotBelieveABatchOfOtherPosts) {
  server.instance_body = R"({"version":"4.3.0"})";
  ASSERT_TRUE(ask_presence(watch.connector(), ask_about({kept})));
  server.scripted.push_back(http_answer(200, R"([{"id":"12345"}])"));

  EXPECT_THAT(*ask_presence(watch.connector(), ask_about({erased, kept})),
              ElementsAre(Presence::Gone, Presence::Here));
}

// As a server does that answers fewer ids at once than were asked.
TEST_F(MastodonPresenceTest, DoesNotBelieveABatchThatLeavesOutWhatIsThere) {
  server.instance_body = R"({"version":"4.3.0"})";
  const std::uint64_t other = server.add(kNow + seconds(3)).id;
  ASSERT_TRUE(ask_presence(watch.connector(), ask_about({kept})));
  server.scripted.push_back(
      http_answer(200, R"([{"id":")" + std::to_string(kept) + R"(","visibility":"public"}])"));

  EXPECT_THAT(*ask_presence(watch.connector(), ask_about({erased, kept, other})),
              ElementsAre(Presence::Gone, Presence::Here, Presence::Here));
}

TEST(RegistryTest, ListsTheKindsOfTheContract) {
  std::vector<std::string_view> names;
  for (const auto& kind : connector_kinds()) {
    names.push_back(kind.name);
    EXPECT_GT(kind.default_limit.requests, 0U);
    EXPECT_GT(kind.default_limit.window.count(), 0);
    EXPECT_EQ(kind.available, kind.name == "mastodon");
  }

  EXPECT_THAT(names, ElementsAre("mastodon", "misskey", "bluesky", "weibo", "x", "feed", "json"));
  EXPECT_EQ(find_connector_kind("mastodon")->default_limit, (RequestLimit{300, minutes(15)}));
  EXPECT_FALSE(find_connector_kind("Mastodon"));
}

TEST(RegistryTest, MakesTheConnectorOfAKind) {
  FakeMastodon server;
  SourceOptions options;
  options.url = "https://social.example.org";
  options.kind = "mastodon";

  EXPECT_NE(make_connector(options, server), nullptr);
}

}  // namespace
}  // namespace sightingd
