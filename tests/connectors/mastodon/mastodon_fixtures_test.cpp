// What servers of the family answer, word for word with status and headers: played by a loopback
// server to the connector behind the real HTTP client. tests/data/mastodon holds the bodies.
#include "connectors/http/curl_http_client.h"
#include "connectors/mastodon/mastodon_connector.h"
#include "tests/connectors/mastodon/run_call.h"
#include "tests/support/loopback_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace sightingd {
namespace {

using namespace std::chrono_literals;
using test::LoopbackAnswer;
using test::LoopbackRequest;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const TimePoint kNow = parse_rfc3339("2026-05-04T09:12:00Z").value();
constexpr const char* kDate = "Date: Mon, 04 May 2026 09:12:00 GMT";
const std::string kTag = "/api/v1/timelines/tag/finddemo?limit=40";
const Hashtag kFindDemo{"finddemo"};

std::filesystem::path folder() { return std::string(SIGHTINGD_TEST_DATA) + "/mastodon"; }

std::string fixture(const std::string& name) {
  std::ifstream file(folder() / (name + ".json"));
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

std::string page_of(const std::string& name) { return "[" + fixture(name) + "]"; }

class MastodonFixturesTest : public testing::Test {
 protected:
  MastodonFixturesTest() { answer("/api/v2/instance", fixture("instance_v2_open")); }

  void answer(const std::string& target, std::string body, int status = 200,
              std::vector<std::string> headers = {}) {
    headers.emplace_back(kDate);
    headers.emplace_back("Content-Type: application/json; charset=utf-8");
    server.answer(
        target,
        LoopbackAnswer{.status = status, .body = std::move(body), .headers = std::move(headers)});
  }

  void use(SourceOptions source) {
    source.kind = "mastodon";
    source.url = server.origin();
    connector = std::make_unique<MastodonConnector>(std::move(source), *client);
  }

  Result<Page> step(const Subject& subject, TimePoint now) {
    auto page = test::run_call(io, connector->next({.subject = subject,
                                                    .progress = progress,
                                                    .now = now,
                                                    .backfill_from = backfill_from}));
    if (page) {
      progress = page->next;
    }
    return page;
  }

  // All posts and skips of a poll, as one page. Fails the test when the poll does.
  Page poll(const Subject& subject, TimePoint now = kNow) {
    Page all;
    while (!all.at_head) {
      auto page = step(subject, now);
      if (!page) {
        ADD_FAILURE() << page.error().reason;
        break;
      }
      all.at_head = page->at_head;
      std::ranges::move(page->posts, std::back_inserter(all.posts));
      std::ranges::move(page->skipped, std::back_inserter(all.skipped));
      std::ranges::move(page->covered, std::back_inserter(all.covered));
    }
    return all;
  }

  Error failure_of(const Subject& subject) {
    const auto page = step(subject, kNow);
    EXPECT_FALSE(page);
    return page ? Error{} : page.error();
  }

  Presence presence_of(const std::string& id) {
    const auto answers = test::run_call(io, connector->presence({{.ref = {}, .id = id}}));
    EXPECT_TRUE(answers);
    return answers && answers->size() == 1 ? answers->front() : Presence::Unknown;
  }

  std::vector<std::string> targets() const {
    std::vector<std::string> targets;
    for (const LoopbackRequest& request : server.requests()) {
      targets.push_back(request.target);
    }
    return targets;
  }

  test::LoopbackServer server;
  boost::asio::io_context io;
  std::unique_ptr<CurlHttpClient> client =
      CurlHttpClient::make(
          io.get_executor(),
          {.user_agent_contact = "mailto:ops@example.org", .allow_addresses = {"127.0.0.1"}},
          "1.2.3")
          .value();
  std::unique_ptr<MastodonConnector> connector;
  Progress progress;
  std::optional<TimePoint> backfill_from;

  void SetUp() override { use({}); }
};

std::vector<std::string> ids_of(const Page& page) {
  std::vector<std::string> ids;
  for (const Post& post : page.posts) {
    ids.push_back(post.id);
  }
  return ids;
}

std::size_t images_of(const Page& page) {
  std::size_t count = 0;
  for (const Post& post : page.posts) {
    count += post.images.size();
  }
  return count;
}

TEST_F(MastodonFixturesTest, WalksToTheEmptyPageWhateverLinkSays) {
  const std::string last = kTag + "&max_id=116515405856768009";
  answer(kTag, fixture("tag_page1_images"), 200,
         {"X-RateLimit-Limit: 300", "X-RateLimit-Remaining: 287",
          "X-RateLimit-Reset: 2026-05-04T09:15:00.000000Z",
          "Cache-Control: public, max-age=15, stale-while-revalidate=30, stale-if-error=86400",
          "Vary: Authorization, Origin",
          "Link: <https://social.example.org/api/v1/timelines/tag/FindDemo?limit=4"
          "&max_id=116515405856768009>; rel=\"next\", "
          "<https://social.example.org/api/v1/timelines/tag/FindDemo?limit=4"
          "&min_id=116515524517757029>; rel=\"prev\""});
  answer(last, fixture("tag_page_last"), 200,
         {"Link: <https://social.example.org/api/v1/timelines/tag/FindDemo?limit=4"
          "&max_id=116496374497280003>; rel=\"next\""});
  server.answer_others([](const LoopbackRequest& request) {
    EXPECT_THAT(request.target, HasSubstr("max_id=116496374497280003"));
    return LoopbackAnswer{.body = fixture("tag_empty")};
  });

  const Page read = poll(kFindDemo);

  EXPECT_THAT(ids_of(read),
              ElementsAre("116515524517757029", "116515506808422477", "116515480535040012",
                          "116515405856768009", "116496374497280003"));
  EXPECT_EQ(images_of(read), 5U);
  EXPECT_THAT(read.skipped, IsEmpty());
}

TEST_F(MastodonFixturesTest, FindsWhatArrivedLateAndWhatArrivedBehindTheHead) {
  backfill_from = kNow - 1h;
  answer(kTag, fixture("tag_page1_images"));
  answer(kTag + "&max_id=116515405856768009", fixture("tag_page_last"));
  poll(kFindDemo);
  answer(kTag, fixture("tag_page_late_backdated"));

  const Page read = poll(kFindDemo, kNow + 2h + 50min);

  EXPECT_THAT(ids_of(read), testing::Contains("116516192256000007"));
  EXPECT_THAT(ids_of(read), testing::Contains("116515445166681500"));
}

TEST_F(MastodonFixturesTest, TakesAnEmptyTagForEmpty) {
  answer(kTag, fixture("tag_empty"));

  EXPECT_THAT(poll(kFindDemo).posts, IsEmpty());
}

TEST_F(MastodonFixturesTest, ReadsAChineseTag) {
  backfill_from = kNow;
  answer("/api/v1/timelines/tag/%E5%AF%BB%E4%BA%BA%E7%A4%BA%E4%BE%8B?limit=40",
         fixture("tag_unicode_zh"));

  const auto page = step(Hashtag{"寻人示例"}, kNow + 2h);

  ASSERT_TRUE(page) << page.error().reason;
  ASSERT_EQ(page->posts.size(), 1U);
  EXPECT_THAT(page->posts[0].hashtags, ElementsAre("寻人示例"));
}

TEST_F(MastodonFixturesTest, ReadsThePagesOfRelatives) {
  struct Case {
    const char* name;
    std::size_t posts;
    std::size_t images;
  };
  for (const Case& expected : {Case{"gotosocial_tag_page", 1, 1}, Case{"pleroma_tag_page", 2, 5},
                               Case{"pixelfed_tag_page", 1, 1}}) {
    progress = {};
    answer(kTag, fixture(expected.name), 200,
           {"X-RateLimit-Limit: 300", "X-RateLimit-Remaining: 299",
            "X-RateLimit-Reset: 2026-05-04T09:15:00.000Z"});

    const auto page = step(kFindDemo, kNow);

    ASSERT_TRUE(page) << expected.name << page.error().reason;
    EXPECT_EQ(page->posts.size(), expected.posts) << expected.name;
    EXPECT_EQ(images_of(*page), expected.images) << expected.name;
  }
}

// One post each, as a page and by its id.
TEST_F(MastodonFixturesTest, ReadsEveryKindOfPost) {
  struct Case {
    const char* name;
    const char* id;
    std::size_t images;
  };
  for (const Case& expected : {Case{"status_text_only", "116515480535040012", 0},
                               Case{"status_multi_image_six", "116515720396865557", 6},
                               Case{"status_video_only", "116515740057600001", 0},
                               Case{"status_gifv", "116515743989760001", 0},
                               Case{"status_unknown_attachment_proxy", "116515747921920001", 1},
                               Case{"status_media_processing", "116515751854080001", 1},
                               Case{"status_sensitive_cw", "116515755786240001", 1},
                               Case{"status_edited", "116515524517757029", 1},
                               Case{"status_missing_null_fields", "101513900851200001", 1},
                               Case{"status_numeric_ids", "116516391823278181", 1}}) {
    progress = {};
    answer(kTag, page_of(expected.name));
    answer(std::string("/api/v1/statuses/") + expected.id, fixture(expected.name));

    const auto page = step(kFindDemo, kNow + 3h);

    ASSERT_TRUE(page) << expected.name << page.error().reason;
    EXPECT_THAT(ids_of(*page), ElementsAre(expected.id)) << expected.name;
    EXPECT_EQ(images_of(*page), expected.images) << expected.name;
    EXPECT_EQ(presence_of(expected.id), Presence::Here) << expected.name;
  }
}

TEST_F(MastodonFixturesTest, LeavesOutWhoOptedOut) {
  use({.honour = {"noindex", "nobot"}});
  answer(kTag, page_of("status_sensitive_cw"));

  const auto page = step(kFindDemo, kNow + 2h);

  ASSERT_TRUE(page) << page.error().reason;
  EXPECT_THAT(page->posts, IsEmpty());
  ASSERT_EQ(page->skipped.size(), 1U);
  EXPECT_EQ(page->skipped[0].reason, SkipReason::Consent);
}

TEST_F(MastodonFixturesTest, ReadsAnEditAsAVersion) {
  answer(kTag, page_of("status_edited"));

  const auto page = step(kFindDemo, kNow + 2h);

  ASSERT_TRUE(page) << page.error().reason;
  ASSERT_EQ(page->posts.size(), 1U);
  EXPECT_NE(page->posts[0].ref.version, "");
}

TEST_F(MastodonFixturesTest, SkipsABoostInAnAccount) {
  answer("/api/v1/accounts/lookup?acct=sample_poster%40social.example.org", "{}", 404);
  answer("/api/v1/accounts/lookup?acct=sample_poster",
         R"({"id":"109000000000000001","acct":"sample_poster"})");
  answer("/api/v1/accounts/109000000000000001/statuses?limit=40",
         fixture("account_statuses_boost"));
  const Account account{"sample_poster@social.example.org"};
  ASSERT_TRUE(step(account, kNow));

  const auto page = step(account, kNow);

  ASSERT_TRUE(page) << page.error().reason;
  EXPECT_THAT(ids_of(*page), ElementsAre("116515524517757029"));
  ASSERT_EQ(page->skipped.size(), 1U);
  EXPECT_EQ(page->skipped[0].reason, SkipReason::Boost);
}

TEST_F(MastodonFixturesTest, LooksAForeignAccountUp) {
  answer("/api/v1/accounts/lookup?acct=street_watch%40remote.example.net",
         fixture("account_lookup"));
  answer("/api/v1/accounts/109000000000000002/statuses?limit=40",
         page_of("status_multi_image_six"));
  const Account account{"street_watch@remote.example.net"};
  ASSERT_TRUE(step(account, kNow + 1h));

  const auto page = step(account, kNow + 1h);

  ASSERT_TRUE(page) << page.error().reason;
  EXPECT_EQ(images_of(*page), 6U);
}

TEST_F(MastodonFixturesTest, SaysThatAnAccountIsUnknown) {
  answer("/api/v1/accounts/lookup?acct=nobody%40unknown.example", fixture("account_lookup_404"),
         404);

  const Error error = failure_of(Account{"nobody@unknown.example"});

  EXPECT_EQ(error.code, ErrorCode::Gone);
  EXPECT_EQ(error.reason, "unknown_account");
}

TEST_F(MastodonFixturesTest, TriesALookupAgainThatFailedElsewhere) {
  answer("/api/v1/accounts/lookup?acct=street_watch%40remote.example.net",
         fixture("error_503_remote"), 503);

  const Error error = failure_of(Account{"street_watch@remote.example.net"});

  EXPECT_EQ(error.code, ErrorCode::Unavailable);
  EXPECT_EQ(error.reason, "server_error");
}

TEST_F(MastodonFixturesTest, TakesADeletedPostForGone) {
  answer("/api/v1/statuses/116515506808422477", fixture("status_deleted_404"), 404);

  EXPECT_EQ(presence_of("116515506808422477"), Presence::Gone);
}

TEST_F(MastodonFixturesTest, TakesForGoneWhatABatchLeavesOut) {
  answer(
      "/api/v1/statuses?id%5B%5D=116515524517757029&id%5B%5D=116515506808422477"
      "&id%5B%5D=116515480535040012",
      fixture("statuses_multiget_partial"));
  answer("/api/v1/statuses/116515506808422477", fixture("status_deleted_404"), 404);

  const auto answers =
      test::run_call(io, connector->presence({{.ref = {}, .id = "116515524517757029"},
                                              {.ref = {}, .id = "116515506808422477"},
                                              {.ref = {}, .id = "116515480535040012"}}));

  ASSERT_TRUE(answers) << answers.error().reason;
  EXPECT_THAT(*answers, ElementsAre(Presence::Here, Presence::Gone, Presence::Here));
}

TEST_F(MastodonFixturesTest, TellsAClosedServerFromAnEmptyTag) {
  answer("/api/v2/instance", fixture("instance_v2_closed"));
  answer(kTag, fixture("tag_empty"));
  EXPECT_EQ(failure_of(kFindDemo).reason, "closed_feed");

  answer(kTag, fixture("error_422_auth_required"), 422);
  EXPECT_EQ(failure_of(kFindDemo).reason, "auth_required");

  use({.token = "secret"});
  answer(kTag, fixture("tag_empty"));
  EXPECT_THAT(poll(kFindDemo).posts, IsEmpty());
}

// Answers of endpoints that are never asked: where a page is expected they are none.
TEST_F(MastodonFixturesTest, TakesNoOtherAnswerForAPage) {
  for (const char* name : {"tag_info", "status_history", "account_lookup", "status_text_only"}) {
    answer(kTag, fixture(name));

    EXPECT_EQ(failure_of(kFindDemo).reason, "wrong_shape") << name;
  }
}

struct Refusal {
  std::string name;
  int status;
  std::vector<std::string> headers;
  ErrorCode code;
  std::string reason;
  std::chrono::seconds wait{0};
};

std::vector<Refusal> refusals() {
  const auto limited = [](std::string reset) {
    return std::vector<std::string>{"X-RateLimit-Limit: 300", "X-RateLimit-Remaining: 0",
                                    "X-RateLimit-Reset: " + std::move(reset)};
  };
  return {
      {"error_401_token",
       401,
       {"WWW-Authenticate: Bearer realm=\"Doorkeeper\", error=\"invalid_token\", "
        "error_description=\"The access token is invalid\""},
       ErrorCode::Forbidden,
       "unauthorized"},
      {"error_401_revoked", 401, {}, ErrorCode::Forbidden, "unauthorized"},
      {"error_401_secure", 401, {}, ErrorCode::Forbidden, "unauthorized"},
      {"error_403_scope", 403, {}, ErrorCode::Forbidden, "forbidden"},
      {"error_422_auth_required", 422, {}, ErrorCode::Forbidden, "auth_required"},
      {"error_429", 429, limited("2026-05-04T09:15:00.000000Z"), ErrorCode::RateLimited,
       "rate_limited", 180s},
      {"error_503_remote", 503, {}, ErrorCode::Unavailable, "server_error"},
      {"gotosocial_error_401", 401, {}, ErrorCode::Forbidden, "unauthorized"},
      {"gotosocial_error_429", 429, limited("2026-05-04T09:15:00.000Z"), ErrorCode::RateLimited,
       "rate_limited", 180s},
      {"gotosocial_error_503_throttled",
       503,
       {"Retry-After: 30"},
       ErrorCode::Unavailable,
       "server_error",
       30s},
      {"pleroma_error_401_restricted", 401, {}, ErrorCode::Forbidden, "unauthorized"},
      {"pleroma_error_403_invalid_creds", 403, {}, ErrorCode::Forbidden, "forbidden"},
      {"pleroma_error_429", 429, {}, ErrorCode::RateLimited, "rate_limited"},
      {"pixelfed_error_401", 401, {}, ErrorCode::Forbidden, "unauthorized"},
      {"pixelfed_error_429",
       429,
       {"Retry-After: 37", "X-RateLimit-Limit: 60", "X-RateLimit-Remaining: 0"},
       ErrorCode::RateLimited,
       "rate_limited",
       37s},
  };
}

TEST_F(MastodonFixturesTest, GivesEveryRefusalItsReasonAndItsWait) {
  for (const Refusal& expected : refusals()) {
    answer(kTag, fixture(expected.name), expected.status, expected.headers);

    const Error error = failure_of(kFindDemo);

    EXPECT_EQ(error.code, expected.code) << expected.name;
    EXPECT_EQ(error.reason, expected.reason) << expected.name;
    EXPECT_EQ(error.retry_after, expected.wait) << expected.name;
  }
}

// Pixelfed sends whoever does not ask for JSON to its login page.
TEST_F(MastodonFixturesTest, AsksForJsonSoThatARefusalIsNoLoginPage) {
  server.answer_others([](const LoopbackRequest& request) {
    return request.header("accept") == "application/json"
               ? LoopbackAnswer{.status = 401, .body = fixture("pixelfed_error_401")}
               : test::redirect_to("/login");
  });

  EXPECT_EQ(failure_of(kFindDemo).reason, "unauthorized");
}

TEST_F(MastodonFixturesTest, TakesALoginPageForNoPage) {
  server.answer(kTag, test::redirect_to("/login"));
  server.answer("/login", "<!DOCTYPE html><html><body>Login</body></html>");

  EXPECT_EQ(failure_of(kFindDemo).reason, "html");
}

// It shows nothing below an id that is older than half a year.
TEST_F(MastodonFixturesTest, CoversNothingBelowWherePixelfedEnds) {
  backfill_from = kNow - 24h * 365;
  answer(kTag, fixture("pixelfed_tag_page"));
  server.answer_others(
      [](const LoopbackRequest&) { return LoopbackAnswer{.body = fixture("pixelfed_tag_empty")}; });

  const Page read = poll(kFindDemo, kNow + 24h * 240);

  ASSERT_EQ(read.covered.size(), 1U);
  EXPECT_EQ(read.covered[0].range.begin, parse_rfc3339("2026-05-04T09:00:00Z"));
}

TEST_F(MastodonFixturesTest, EndsAtTheEmptyPageOfPixelfed) {
  answer(kTag, fixture("pixelfed_tag_page"));
  server.answer_others([](const LoopbackRequest& request) {
    EXPECT_THAT(request.target, HasSubstr("max_id=956839860634009617"));
    return LoopbackAnswer{.body = fixture("pixelfed_tag_empty")};
  });

  EXPECT_THAT(ids_of(poll(kFindDemo)), ElementsAre("956839860634009617"));
}

// So that no fixture lies about unused: each stands in this file or in mastodon_json_test.cpp.
TEST(MastodonFixtureListTest, IsWholeInTheTests) {
  std::ostringstream tests;
  for (const char* name : {"mastodon_fixtures_test.cpp", "mastodon_json_test.cpp"}) {
    tests << std::ifstream(std::filesystem::path(SIGHTINGD_MASTODON_TESTS) / name).rdbuf();
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    EXPECT_THAT(tests.str(), HasSubstr('"' + entry.path().stem().string() + '"'));
  }
}

}  // namespace
}  // namespace sightingd
