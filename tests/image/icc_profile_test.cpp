#include "pipeline/image/metadata/icc_profile.h"

#include "tests/support/metadata_blocks.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

TEST(IccProfileTest, AcceptsAWholeProfile) { EXPECT_TRUE(is_icc_profile(test::icc_profile())); }

TEST(IccProfileTest, RefusesOneWithMoreOrLessThanItSays) {
  const std::string profile = test::icc_profile();

  EXPECT_FALSE(is_icc_profile(profile + "x"));
  EXPECT_FALSE(is_icc_profile(profile.substr(0, profile.size() - 1)));
  EXPECT_FALSE(is_icc_profile(""));
}

TEST(IccProfileTest, RefusesAnotherSignature) {
  std::string profile = test::icc_profile();
  profile[36] = 'x';

  EXPECT_FALSE(is_icc_profile(profile));
}

TEST(IccProfileTest, RefusesTagsOutsideItself) {
  std::string beyond = test::icc_profile();
  beyond[141] = 1;
  std::string table = test::icc_profile();
  table[128] = 1;

  EXPECT_FALSE(is_icc_profile(beyond));
  EXPECT_FALSE(is_icc_profile(table));
}

}  // namespace
}  // namespace sightingd
