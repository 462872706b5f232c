#include "config/cost_preview.h"

#include <gtest/gtest.h>

namespace sightingd::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

SourceOptions source(const std::string& name, std::optional<RequestLimit> limit) {
  return {.name = name, .kind = "mastodon", .request_limit = limit};
}

WatchOptions watch(const std::string& source, seconds poll_interval) {
  return {.source = source, .poll_interval = poll_interval};
}

TEST(CostPreviewTest, CountsOneRequestAPoll) {
  Settings settings;
  settings.sources = {source("a", RequestLimit{300, minutes(15)})};
  settings.watches = {watch("a", seconds(60)), watch("a", minutes(5)), watch("b", seconds(15))};

  const std::vector<SourceCost> costs = cost_preview(settings);

  ASSERT_EQ(costs.size(), 1U);
  EXPECT_EQ(costs[0], (SourceCost{.source = "a",
                                  .watches = 2,
                                  .window = minutes(15),
                                  .quiet_requests = 2,
                                  .busy_requests = 18,
                                  .limit = RequestLimit{300, minutes(15)},
                                  .shortest_interval = seconds(60),
                                  .longest_interval = minutes(5),
                                  .is_stretched = false}));
}

TEST(CostPreviewTest, StretchesTheIntervalsOverTheLimit) {
  Settings settings;
  settings.sources = {source("a", RequestLimit{10, hours(1)})};
  settings.watches = {watch("a", seconds(60)), watch("a", minutes(2))};

  const SourceCost cost = cost_preview(settings).at(0);

  EXPECT_DOUBLE_EQ(cost.busy_requests, 90);
  EXPECT_TRUE(cost.is_stretched);
  EXPECT_EQ(cost.shortest_interval, minutes(9));
  EXPECT_EQ(cost.longest_interval, minutes(18));
}

TEST(CostPreviewTest, NeverStretchesWithoutALimit) {
  Settings settings;
  settings.sources = {source("a", std::nullopt)};
  settings.watches.assign(1000, watch("a", seconds(15)));

  const SourceCost cost = cost_preview(settings).at(0);

  EXPECT_DOUBLE_EQ(cost.busy_requests, 60'000);
  EXPECT_FALSE(cost.is_stretched);
  EXPECT_EQ(cost.longest_interval, seconds(15));
}

TEST(CostPreviewTest, DrawsAnAlignedTable) {
  Settings settings;
  settings.sources = {source("mastodon-social", RequestLimit{300, minutes(15)}),
                      source("tight", RequestLimit{10, hours(1)}), source("own", std::nullopt)};
  settings.watches = {watch("mastodon-social", seconds(60)), watch("mastodon-social", minutes(5)),
                      watch("tight", seconds(60))};

  EXPECT_EQ(render(cost_preview(settings), Audience::Operator),
            "SOURCE           WATCHES  REQUESTS        LIMIT    POLL INTERVAL\n"
            "mastodon-social  2        2 to 18 in 15m  300/15m  1m to 5m\n"
            "tight            1        4 to 60 in 1h   10/1h    6m (by the limit)\n"
            "own              0        0 in 15m        none     -\n");
}

TEST(CostPreviewTest, TellsTheJournalNoNames) {
  Settings settings;
  settings.sources = {source("private", std::nullopt)};

  const std::string table = render(cost_preview(settings), Audience::Journal);

  EXPECT_EQ(table.find("private"), std::string::npos);
  EXPECT_NE(table.find("source[0]"), std::string::npos);
}

}  // namespace
}  // namespace sightingd::test
