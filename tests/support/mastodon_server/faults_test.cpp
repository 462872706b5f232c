#include "tests/support/mastodon_server/faults.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace sightingd::test::mastodon {
namespace {

std::vector<std::optional<Fault>> fates(FaultPlan& plan, const std::string& target, int requests) {
  std::vector<std::optional<Fault>> fates;
  for (int i = 0; i < requests; ++i) {
    fates.push_back(plan.draw(target));
  }
  return fates;
}

TEST(FaultPlanTest, GivesEachRequestTheSameFateInWhateverOrder) {
  FaultPlan one(7);
  FaultPlan other(7);
  one.set_rate(0.5);
  other.set_rate(0.5);

  const auto first = fates(one, "/a", 50);
  fates(other, "/b", 50);

  EXPECT_EQ(fates(other, "/a", 50), first);
}

TEST(FaultPlanTest, DealsOutEveryKindAtAboutTheRate) {
  FaultPlan plan(1);
  plan.set_rate(0.05);

  fates(plan, "/media/1.jpg", 10'000);

  const auto counts = plan.counts();
  EXPECT_EQ(counts.size(), kAllFaults.size());
  EXPECT_TRUE(
      std::all_of(counts.begin(), counts.end(), [](const auto& e) { return e.second > 0; }));
  const auto total = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0},
                                     [](auto sum, const auto& e) { return sum + e.second; });
  EXPECT_NEAR(static_cast<double>(total), 500.0, 100.0);
}

TEST(FaultPlanTest, LeavesEverythingAloneAtRateZero) {
  FaultPlan plan(1);

  EXPECT_EQ(fates(plan, "/a", 100), std::vector<std::optional<Fault>>(100));
}

TEST(SpoilTest, TellsARateLimitedClientWhenTheWindowEnds) {
  const auto answer = spoil(answer_of(200, "[]"), Fault::RateLimited);

  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.headers.back().first, "X-RateLimit-Reset");
}

}  // namespace
}  // namespace sightingd::test::mastodon
