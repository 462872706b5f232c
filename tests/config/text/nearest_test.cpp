#include "config/text/nearest.h"

#include <gtest/gtest.h>

namespace sightingd::test {
namespace {

const std::vector<std::string> kWords = {"poll_interval", "max_poll_interval", "media", "name"};

TEST(NearestTest, FindsASlipOfTheFingers) {
  EXPECT_EQ(nearest("poll_intervall", kWords), "poll_interval");
  EXPECT_EQ(nearest("pol_interval", kWords), "poll_interval");
  EXPECT_EQ(nearest("mdeia", kWords), "media");
  EXPECT_EQ(nearest("nama", kWords), "name");
}

TEST(NearestTest, FindsNothingFarAway) {
  EXPECT_EQ(nearest("colour", kWords), "");
  EXPECT_EQ(nearest("", kWords), "");
  EXPECT_EQ(nearest(std::string(100'000, 'n'), kWords), "");
  EXPECT_EQ(nearest("name", {}), "");
}

}  // namespace
}  // namespace sightingd::test
