#include "daemon/ops/status_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sightingd {
namespace {

using testing::HasSubstr;
using testing::Not;

Status status_of_one_watch() {
  Status status;
  status.version = "1.2.3";
  status.started_at = *parse_rfc3339("2026-02-01T10:00:00Z");
  status.now = status.started_at + std::chrono::hours(3);
  status.sightings = 12345;
  status.sandbox_layers = {"seccomp"};
  SourceStatus source;
  source.name = "secret-source";
  source.kind = "mastodon";
  source.requests_by_code["200"] = 4;
  status.sources.push_back(source);
  WatchStatus watch;
  watch.name = "secret-watch";
  watch.source = "secret-source";
  watch.state = "backing_off";
  watch.last_outcome = "timeout";
  watch.last_error = "secret sentence";
  watch.next_poll = status.now + std::chrono::seconds(30);
  watch.coverage_ratio = 0.9999;
  status.watches.push_back(watch);
  return status;
}

TEST(StatusPageTest, ShowsWatchesByNumber) {
  const std::string page = status_page(status_of_one_watch());

  EXPECT_THAT(page, HasSubstr("<th scope=\"row\" class=\"n\">1</th><td class=\"n\">1</td>"));
  EXPECT_THAT(page, HasSubstr("backing_off"));
  EXPECT_THAT(page, HasSubstr("in 30 s"));
}

TEST(StatusPageTest, ShowsNoConfiguredNameAndNoSentence) {
  Status status = status_of_one_watch();
  status.not_ready_reason = "secret reason";

  EXPECT_THAT(status_page(status), Not(HasSubstr("secret")));
}

TEST(StatusPageTest, SaysWhetherTheDaemonIsReady) {
  Status status = status_of_one_watch();
  const std::string not_ready = status_page(status);
  status.ready = true;

  const std::string ready = status_page(status);

  EXPECT_THAT(not_ready, HasSubstr("Not ready"));
  EXPECT_THAT(ready, Not(HasSubstr("Not ready")));
}

TEST(StatusPageTest, NeverRoundsCoverageUpToWhole) {
  EXPECT_THAT(status_page(status_of_one_watch()), HasSubstr("99.9 %"));
}

TEST(StatusPageTest, EscapesWhatItShows) {
  Status status = status_of_one_watch();
  status.watches[0].last_outcome = "<script>";

  EXPECT_THAT(status_page(status), Not(HasSubstr("<script>")));
}

TEST(StatusPageTest, LoadsNothing) {
  const std::string page = status_page(status_of_one_watch());

  EXPECT_THAT(page, Not(HasSubstr("src=")));
  EXPECT_THAT(page, Not(HasSubstr("http:")));
  EXPECT_THAT(page, Not(HasSubstr("https:")));
}

TEST(StatusPageTest, AllowsItsOwnStyleByDigestOnly) {
  EXPECT_THAT(status_page_policy(),
              testing::ContainsRegex("style-src 'sha256-[A-Za-z0-9+/]{43}='"));
  EXPECT_THAT(status_page_policy(), HasSubstr("default-src 'none'"));
}

}  // namespace
}  // namespace sightingd
