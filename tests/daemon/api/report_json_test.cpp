#include "daemon/api/report_json.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

using std::chrono::hours;

const TimePoint kNoon = *parse_rfc3339("2026-02-01T12:00:00Z");

CoverageRow row(int from_hour, int to_hour, bool complete = true, std::string reason = {}) {
  return {{kNoon + hours(from_hour), kNoon + hours(to_hour)}, complete, std::move(reason)};
}

TEST(CoverageJsonTest, NamesWhatLiesBetweenTheRowsMissing) {
  const std::string json = coverage_json({{"rescue", {row(-4, -3), row(-2, 0)}}}, kNoon);

  EXPECT_EQ(json,
            R"({"now":"2026-02-01T12:00:00.000Z","watches":[{"watch":"rescue","ratio":0.75,)"
            R"("ranges":[{"begin":"2026-02-01T08:00:00.000Z","end":"2026-02-01T09:00:00.000Z",)"
            R"("state":"complete","reason":null},{"begin":"2026-02-01T09:00:00.000Z",)"
            R"("end":"2026-02-01T10:00:00.000Z","state":"missing","reason":"not_read"},)"
            R"({"begin":"2026-02-01T10:00:00.000Z","end":"2026-02-01T12:00:00.000Z",)"
            R"("state":"complete","reason":null}]}]})"
            "\n");
}

TEST(CoverageJsonTest, CountsEachMomentOnce) {
  const std::string json =
      coverage_json({{"rescue", {row(-4, 0), row(-3, -1, false, "flood")}}}, kNoon);

  EXPECT_NE(json.find(R"("ratio":1.0)"), std::string::npos) << json;
}

TEST(CoverageJsonTest, CountsWhatWasReadPartlyAsIncomplete) {
  const std::string json =
      coverage_json({{"rescue", {row(-4, -2), row(-2, 0, false, "flood")}}}, kNoon);

  EXPECT_NE(json.find(R"("ratio":0.5)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("state":"partial","reason":"flood")"), std::string::npos) << json;
}

TEST(CoverageJsonTest, SaysNothingOfAWatchThatWasNeverRead) {
  EXPECT_NE(
      coverage_json({{"rescue", {}}}, kNoon).find(R"({"watch":"rescue","ratio":null,"ranges":[]})"),
      std::string::npos);
}

TEST(StatusJsonTest, WritesEmptySentencesAsNull) {
  Status status;
  status.version = "0.1.0";
  status.started_at = kNoon;
  status.now = kNoon + hours(1);
  status.ready = true;
  status.sandbox_layers = {"seccomp"};
  SourceStatus source;
  source.name = "social";
  source.kind = "mastodon";
  source.requests_by_code = {{"200", 3}, {"timeout", 1}};
  source.remark = "local_only";
  status.sources.push_back(source);
  WatchStatus watch;
  watch.name = "rescue";
  watch.source = "social";
  watch.state = "ok";
  watch.lag = std::chrono::seconds(5);
  status.watches.push_back(watch);

  EXPECT_EQ(
      status_json(status),
      R"({"version":"0.1.0","started_at":"2026-02-01T12:00:00.000Z",)"
      R"("now":"2026-02-01T13:00:00.000Z","ready":true,"not_ready_reason":null,"encrypted":false,"encrypting":false,)"
      R"("sandbox_layers":["seccomp"],"store":{"bytes":0,"sightings":0,"photos":0,)"
      R"("pending_images":0,"feed_sequence":0,"waits_for_space":false},)"
      R"("retention":{"lag_seconds":0,"stopped":null},"sources":[{"name":"social","kind":"mastodon",)"
      R"("rate_limit_remaining":null,"remark":"local_only","requests":{"200":3,"timeout":1}}],)"
      R"("watches":[{"name":"rescue","source":"social","state":"ok","last_outcome":null,)"
      R"("last_error":null,"last_poll":null,"last_success":null,"next_poll":null,)"
      R"("lag_seconds":5,"posts":0,"sightings":0,"errors":0,"coverage_ratio":null}]})"
      "\n");
}

TEST(ReportJsonTest, WritesSkippedPostsByWatchDayAndReason) {
  SkippedRow skipped;
  skipped.watch_name = "rescue";
  skipped.day = *parse_rfc3339("2026-02-01T00:00:00Z");
  skipped.reason = SkipReason::NoMedia;
  skipped.count = 2;
  skipped.uris = {"https://example.org/1"};

  const std::string row = R"({"watch":"rescue","day":"2026-02-01","reason":"no_media","count":2,)"
                          R"("uris":["https://example.org/1"]})";
  EXPECT_EQ(skipped_rows_json({skipped, skipped}), row + "," + row);
}

TEST(ReportJsonTest, WritesAWatchWithItsHashtagOrItsAccount) {
  WatchListing tag;
  tag.name = "tag";
  tag.subject = "rescue";
  WatchListing account = tag;
  account.is_account = true;
  account.subject = "rescue@example.org";

  const std::string json = watches_json({tag, account});

  EXPECT_NE(json.find(R"("hashtag":"rescue","account":null)"), std::string::npos);
  EXPECT_NE(json.find(R"("hashtag":null,"account":"rescue@example.org")"), std::string::npos);
}

TEST(ReportJsonTest, EscapesTheSentenceOfAnError) {
  EXPECT_EQ(error_json("say \"please\"", "forbidden"),
            R"({"error":"say \"please\"","code":"forbidden"})"
            "\n");
}

}  // namespace
}  // namespace sightingd
