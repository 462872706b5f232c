#include "demo/campaign.h"

#include "connectors/http/replay_index.h"
#include "connectors/text/hashtag.h"
#include "demo/exchanges.h"
#include "demo/expected.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <numeric>
#include <set>

namespace sightingd::demo {
namespace {

const TimePoint kNewest = *parse_rfc3339("2026-02-01T10:00:00Z");

const Campaign& the_campaign() {
  static const auto made = make_campaign(kNewest);
  return made;
}

// The ids that a reader sees who walks down from the newest page by max_id.
std::set<std::string> walk(const ReplayIndex& index, const std::string& first_target) {
  std::set<std::string> ids;
  auto target = first_target;
  for (;;) {
    const auto* const exchange = index.find("GET", canonical_replay_target(target), "");
    if (exchange == nullptr) {
      ADD_FAILURE() << "not recorded: " << target;
      return ids;
    }
    rapidjson::Document page;
    page.Parse(exchange->answers.front().body.data(), exchange->answers.front().body.size());
    if (page.Empty()) {
      return ids;
    }
    for (const auto& status : page.GetArray()) {
      ids.emplace(status["id"].GetString());
    }
    target = first_target + "&max_id=" + page[page.Size() - 1]["id"].GetString();
  }
}

TEST(DemoCampaignTest, IsUnderTwoMegabytes) {
  const auto& campaign = the_campaign();

  const auto pictures =
      std::accumulate(campaign.files.begin(), campaign.files.end(), std::size_t{0},
                      [](std::size_t sum, const auto& file) { return sum + file.second.size(); });

  EXPECT_LT(pictures + exchanges_json(campaign).size(), 2'000'000U);
}

TEST(DemoCampaignTest, LetsAReaderWalkEveryFeedToItsEnd) {
  const auto& campaign = the_campaign();
  const auto index = ReplayIndex::parse(exchanges_json(campaign));
  ASSERT_TRUE(index);
  std::set<std::string> expected;
  for (const auto* post : shown(campaign, Moment::First)) {
    if (!post->tag.empty()) {
      expected.insert(std::to_string(post->id));
    }
  }

  std::set<std::string> seen;
  for (const auto& tag : campaign.tags) {
    seen.merge(walk(*index, "/api/v1/timelines/tag/" + fold_hashtag(tag).value() + "?limit=40"));
  }

  EXPECT_EQ(seen, expected);
}

TEST(DemoCampaignTest, IsTheSameCampaignEachTime) {
  const auto& one = the_campaign();
  const auto other = make_campaign(kNewest);

  EXPECT_EQ(one.files, other.files);
  EXPECT_EQ(exchanges_json(one), exchanges_json(other));
  EXPECT_EQ(expected_json(one), expected_json(other));
}

}  // namespace
}  // namespace sightingd::demo
