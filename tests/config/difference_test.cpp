#include "config/difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sightingd::test {
namespace {

using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Settings two_watches() {
  Settings settings;
  settings.sources = {{.name = "main", .kind = "mastodon", .url = "https://a.example"}};
  settings.watches = {{.name = "birds", .source = "main", .subject = Hashtag{"birds"}},
                      {.name = "rescue", .source = "main", .subject = Account{"r@example.org"}}};
  return settings;
}

std::vector<std::string> lines(const Settings& from, const Settings& to,
                               Audience audience = Audience::Operator) {
  std::vector<std::string> result;
  for (const SettingsChange& change : difference(from, to)) {
    result.push_back(render(change, audience));
  }
  return result;
}

TEST(DifferenceTest, FindsNoneBetweenEqualSettings) {
  EXPECT_THAT(difference(two_watches(), two_watches()), IsEmpty());
}

TEST(DifferenceTest, DoesNotCareForTheOrderOfWatches) {
  Settings turned = two_watches();
  std::swap(turned.watches[0], turned.watches[1]);

  EXPECT_THAT(difference(two_watches(), turned), IsEmpty());
}

TEST(DifferenceTest, SaysWhatNeedsARestart) {
  Settings to = two_watches();
  to.store.path = "/data";
  to.log_level = LogLevel::Debug;

  EXPECT_THAT(lines(two_watches(), to),
              ElementsAre(R"(store.path: "/var/lib/sightingd" -> "/data" (needs a restart))",
                          R"(log.level: "info" -> "debug")"));
}

TEST(DifferenceTest, TellsWhatCameAndWentByName) {
  Settings to = two_watches();
  to.watches.erase(to.watches.begin());
  to.watches.push_back({.name = "cats", .source = "main", .subject = Hashtag{"cats"}});

  EXPECT_THAT(lines(two_watches(), to),
              ElementsAre(R"(watch "birds": removed)", R"(watch "cats": added)"));
}

TEST(DifferenceTest, ShowsTheOperatorBothValues) {
  Settings to = two_watches();
  to.watches[0].subject = Account{"b@example.org"};
  to.watches[1].poll_interval = minutes(5);
  to.sources[0].request_limit = RequestLimit{300, minutes(15)};
  to.limits.per_author_per_day.reset();

  EXPECT_THAT(lines(two_watches(), to),
              ElementsAre(R"(limits.per_author: "200/d" -> "none")",
                          R"(source "main".request_limit: "none" -> "300/15m")",
                          R"(watch "birds".hashtag: "birds" -> not set)",
                          R"(watch "birds".account: not set -> "b@example.org")",
                          R"(watch "rescue".poll_interval: "1m" -> "5m")"));
}

TEST(DifferenceTest, ShowsAHashtagAsItIsSpelt) {
  Settings from = two_watches();
  from.watches[0].subject = Hashtag{"fussball"};
  Settings to = two_watches();
  to.watches[0].subject = Hashtag{.folded = "fussball", .lowered = "fußball"};

  EXPECT_THAT(lines(from, to), ElementsAre(R"(watch "birds".hashtag: "fussball" -> "fußball")"));
}

TEST(DifferenceTest, TellsTheJournalNeitherNamesNorPrivateValues) {
  Settings to = two_watches();
  to.sources[0].url = "https://b.example";
  to.watches[0].subject = Hashtag{"cats"};
  to.watches[1].name = "saved";
  to.watches[0].poll_interval = minutes(5);

  EXPECT_THAT(
      lines(two_watches(), to, Audience::Journal),
      ElementsAre("source[0].url: changed", "watch[1]: removed", "watch[0].hashtag: changed",
                  R"(watch[0].poll_interval: "1m" -> "5m")", "watch[1]: added"));
}

TEST(DifferenceTest, ShowsNobodyASecret) {
  Settings from = two_watches();
  from.sources[0].token = "sesame";
  Settings to = two_watches();
  to.sources[0].token = "open";

  EXPECT_THAT(lines(from, to), ElementsAre(R"(source "main".token: changed)"));
  EXPECT_THAT(lines(two_watches(), to), ElementsAre(R"(source "main".token: not set -> [secret])"));
}

TEST(DifferenceTest, NamesTheConsentListOnce) {
  Settings to = two_watches();
  to.consent.honour = {"nobot"};
  to.sources[0].honour = {"nobot"};

  EXPECT_THAT(
      lines(two_watches(), to),
      ElementsAre(R"(consent.honour: ["noindex", "nobot", "no-unauthenticated"] -> ["nobot"])"));
}

}  // namespace
}  // namespace sightingd::test
