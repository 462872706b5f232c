#include "connectors/mastodon/mastodon_progress.h"

#include <gtest/gtest.h>

#include <string>

namespace sightingd {
namespace {

TimePoint at(std::string_view text) { return parse_rfc3339(text).value(); }

MastodonProgress busy_progress() {
  MastodonProgress progress;
  progress.domain = "social.example.org";
  progress.account_id = "109000000000000001";
  progress.hashtag = std::string(32, '\xFE');
  progress.origin = at("2026-05-01T00:00:00Z");
  progress.first_head = "116515405856768009";
  progress.head = "116515524517757029";
  progress.checked_at = at("2026-05-04T09:10:12Z");
  progress.complete_until = at("2026-05-04T09:10:11Z");
  progress.newest_page = std::string(32, '\xFF');
  progress.day_reread_at = at("2026-05-04T09:00:00Z");
  progress.week_reread_at = at("1969-05-04T08:00:00Z");
  progress.wants_last_look = true;
  progress.walk = {.top = "116516192256000007",
                   .at = "116515956326400002",
                   .began = at("2026-05-04T12:00:00Z"),
                   .shown_at = at("2026-05-04T11:59:45Z"),
                   .oldest = at("2026-05-03T12:00:00Z")};
  progress.reread = {.at = "116515405856768009",
                     .depth = RereadDepth::Week,
                     .began = at("2026-05-04T11:00:00Z"),
                     .has_turn = false};
  progress.hole = {.below = "116510000000000000",
                   .from = at("2026-04-01T00:00:00Z"),
                   .to = at("2026-05-01T00:00:00Z"),
                   .oldest = at("2026-04-20T00:00:00Z")};
  return progress;
}

TEST(MastodonProgressTest, SurvivesBeingWrittenAndRead) {
  for (const auto& progress : {MastodonProgress{}, busy_progress()}) {
    const auto read = decode_mastodon_progress(encode_mastodon_progress(progress));

    ASSERT_TRUE(read);
    EXPECT_EQ(*read, progress);
  }
}

TEST(MastodonProgressTest, StaysSmall) {
  EXPECT_LE(encode_mastodon_progress(busy_progress()).size(), 340U);
}

TEST(MastodonProgressTest, RefusesEveryBeginningOfItself) {
  const std::string bytes = encode_mastodon_progress(busy_progress());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto read = decode_mastodon_progress(bytes.substr(0, length));

    ASSERT_FALSE(read) << length;
    EXPECT_EQ(read.error().reason, "bad_progress");
  }
  EXPECT_FALSE(decode_mastodon_progress(bytes + '\0'));
}

TEST(MastodonProgressTest, RefusesAnotherVersion) {
  std::string bytes = encode_mastodon_progress(busy_progress());
  bytes[0] = 1;

  EXPECT_FALSE(decode_mastodon_progress(bytes));
}

TEST(MastodonProgressTest, RefusesAWalkBelowNothing) {
  MastodonProgress progress = busy_progress();
  progress.walk->at = "";

  EXPECT_FALSE(decode_mastodon_progress(encode_mastodon_progress(progress)));
}

}  // namespace
}  // namespace sightingd
