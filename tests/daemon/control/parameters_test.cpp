#include "daemon/control/parameters.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

Target target(const std::string& query) { return *parse_target("/?" + query); }

TEST(ParametersTest, ReadsANumberWithinItsRange) {
  const Target asked = target("limit=10");
  const Parameters parameters(asked);

  EXPECT_EQ(parameters.number("limit", 1, 10).value(), 10U);
  EXPECT_FALSE(parameters.number("limit", 1, 9));
  EXPECT_EQ(parameters.number("other", 1, 9).value(), std::nullopt);
}

TEST(ParametersTest, RefusesWhatIsNoWholeNumber) {
  for (const char* text : {"", "-1", "1.5", "1x", " 1", "0x1", "99999999999999999999"}) {
    const Target asked{{}, {{"limit", text}}};
    EXPECT_FALSE(Parameters(asked).number("limit", 0, UINT64_MAX)) << text;
  }
}

TEST(ParametersTest, ReadsAFlag) {
  const Target asked = target("a&b=1&c=true&d=0&e=false&f=yes");
  const Parameters parameters(asked);

  for (const char* name : {"a", "b", "c"}) {
    EXPECT_TRUE(parameters.flag(name).value()) << name;
  }
  for (const char* name : {"d", "e", "absent"}) {
    EXPECT_FALSE(parameters.flag(name).value()) << name;
  }
  EXPECT_FALSE(parameters.flag("f"));
}

TEST(ParametersTest, RefusesANameThatIsNotExpected) {
  const Target asked = target("after=1");

  EXPECT_TRUE(Parameters(asked).only({"after", "limit"}));
  EXPECT_FALSE(Parameters(asked).only({"limit"}));
}

}  // namespace
}  // namespace sightingd
