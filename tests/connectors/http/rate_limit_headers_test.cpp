#include "connectors/http/rate_limit_headers.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

using namespace std::chrono_literals;
using Headers = std::vector<std::pair<std::string, std::string>>;

const TimePoint kDate = *parse_rfc3339("2026-11-24T00:22:45Z");

RateLimit read(const Headers& headers) { return read_rate_limit(headers, kDate); }

std::optional<std::chrono::milliseconds> wait_of_reset(std::string text) {
  return read({{"x-ratelimit-reset", std::move(text)}}).wait;
}

TEST(RateLimitHeadersTest, ReadsTheTimesOfMastodonAndGoToSocial) {
  const RateLimit with_microseconds = read({{"x-ratelimit-limit", "300"},
                                            {"x-ratelimit-remaining", "297"},
                                            {"x-ratelimit-reset", "2026-11-24T00:25:00.123456Z"}});
  const RateLimit refused = read({{"x-ratelimit-limit", "300"},
                                  {"x-ratelimit-remaining", "0"},
                                  {"x-ratelimit-reset", "2026-11-24T00:23:14.000Z"}});

  EXPECT_EQ(with_microseconds, (RateLimit{.limit = 300, .remaining = 297, .wait = 135'123ms}));
  EXPECT_EQ(refused, (RateLimit{.limit = 300, .remaining = 0, .wait = 29s}));
}

TEST(RateLimitHeadersTest, ReadsTheUnixSecondsOfBluesky) {
  const Headers headers{{"ratelimit-limit", "3000"},
                        {"ratelimit-reset", "1795479643"},
                        {"ratelimit-remaining", "0"},
                        {"ratelimit-policy", "3000;w=300"},
                        {"retry-after", "291"}};

  const RateLimit limit = read_rate_limit(headers, parse_rfc3339("2026-11-24T00:15:53Z"));

  EXPECT_EQ(limit, (RateLimit{.limit = 3000, .remaining = 0, .wait = 291s}));
}

TEST(RateLimitHeadersTest, ReadsTheLoneRetryAfterOfMisskey) {
  EXPECT_EQ(read({{"retry-after", "86400"}}),
            (RateLimit{.limit = {}, .remaining = {}, .wait = 24h}));
}

TEST(RateLimitHeadersTest, ReadsTheFormsOfTheDrafts) {
  EXPECT_EQ(read({{"ratelimit", "limit=100, remaining=50, reset=30"}}),
            (RateLimit{.limit = 100, .remaining = 50, .wait = 30s}));
  EXPECT_EQ(read({{"ratelimit-policy", "\"default\";q=100;w=60"},
                  {"ratelimit", "\"default\";r=50;t=30"}}),
            (RateLimit{.limit = 100, .remaining = 50, .wait = 30s}));
  EXPECT_EQ(read({{"ratelimit-limit", "10, 10;w=1, 50;w=60"},
                  {"ratelimit-remaining", "9"},
                  {"ratelimit-reset", "1"}}),
            (RateLimit{.limit = 10, .remaining = 9, .wait = 1s}));
}

TEST(RateLimitHeadersTest, TellsAResetByItsSize) {
  const auto unix_seconds =
      std::chrono::duration_cast<std::chrono::seconds>(kDate.time_since_epoch()).count() + 60;

  EXPECT_EQ(wait_of_reset("0"), 0s);
  EXPECT_EQ(wait_of_reset("60"), 60s);
  EXPECT_EQ(wait_of_reset("60.5"), 60s);
  EXPECT_EQ(wait_of_reset(std::to_string(unix_seconds)), 60s);
  EXPECT_EQ(wait_of_reset(std::to_string(unix_seconds * 1000 + 250)), 60'250ms);
}

TEST(RateLimitHeadersTest, MeasuresAgainstTheAnswersOwnDate) {
  const Headers by_time{{"x-ratelimit-reset", "2026-11-24T00:23:14Z"}};
  const Headers by_seconds{{"x-ratelimit-reset", "29"}};
  const Headers by_date{{"retry-after", "Tue, 24 Nov 2026 00:23:14 GMT"}};

  EXPECT_EQ(read_rate_limit(by_time, kDate - 1h).wait, 1h + 29s);
  EXPECT_EQ(read_rate_limit(by_time, std::nullopt).wait, std::nullopt);
  EXPECT_EQ(read_rate_limit(by_seconds, std::nullopt).wait, 29s);
  EXPECT_EQ(read_retry_after(by_date, kDate), 29s);
  EXPECT_EQ(read_retry_after(by_date, std::nullopt), std::nullopt);
}

TEST(RateLimitHeadersTest, NeverWaitsForLongerThanADay) {
  EXPECT_EQ(read({{"retry-after", "999999999"}}).wait, 24h);
  EXPECT_EQ(read({{"retry-after", "Tue, 24 Nov 2099 00:00:00 GMT"}}).wait, 24h);
  EXPECT_EQ(wait_of_reset("2099-01-01T00:00:00Z"), 24h);
  EXPECT_EQ(wait_of_reset("999999999"), 24h);
  EXPECT_EQ(wait_of_reset("99999999999"), 24h);
}

TEST(RateLimitHeadersTest, MakesNothingOfNonsense) {
  for (const char* text :
       {"", " ", "soon", "-1", "-60", "1e9", "0x10", "99999999999999999999", "100000000000000",
        "2026-11-24", "2020-01-01T00:00:00Z", "946684800000"}) {
    EXPECT_EQ(wait_of_reset(text), std::nullopt) << text;
    EXPECT_EQ(read({{"x-ratelimit-remaining", text}}).remaining.value_or(0) < 0, false) << text;
  }
  EXPECT_EQ(read({{"x-ratelimit-remaining", "-5"}}).remaining, std::nullopt);
  EXPECT_EQ(read({{"ratelimit", "=;=,;"}}), RateLimit{});
  EXPECT_EQ(read({{"retry-after", "Tue, 24 Nov 2020 00:00:00 GMT"}}), RateLimit{});
  EXPECT_EQ(read({}), RateLimit{});
}

TEST(RateLimitHeadersTest, ObeysRetryAfterBeforeTheEndOfAWindow) {
  const Headers busy{
      {"x-ratelimit-remaining", "200"}, {"x-ratelimit-reset", "240"}, {"retry-after", "5"}};
  const Headers used_up{
      {"x-ratelimit-remaining", "0"}, {"x-ratelimit-reset", "240"}, {"retry-after", "5"}};

  EXPECT_EQ(read(busy).wait, 5s);
  EXPECT_EQ(read(used_up).wait, 240s);
}

}  // namespace
}  // namespace sightingd
