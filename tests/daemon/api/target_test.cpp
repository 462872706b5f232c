#include "daemon/api/target.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

TEST(TargetTest, TakesPathAndQueryApart) {
  const auto target = parse_target("/v1/feed?after=00ff&follow");

  ASSERT_TRUE(target);
  EXPECT_EQ(target->segments, (std::vector<std::string>{"v1", "feed"}));
  EXPECT_EQ(target->parameter("after"), "00ff");
  EXPECT_EQ(target->parameter("follow"), "");
  EXPECT_EQ(target->parameter("limit"), std::nullopt);
}

TEST(TargetTest, ReadsTheRootAsNoSegment) {
  ASSERT_TRUE(parse_target("/"));
  EXPECT_TRUE(parse_target("/")->segments.empty());
}

TEST(TargetTest, DecodesWithinSegmentsAndValues) {
  const auto target = parse_target("/a%2Fb?q=%E4%B8%AD%26+c");

  ASSERT_TRUE(target);
  EXPECT_EQ(target->segments, (std::vector<std::string>{"a/b"}));
  EXPECT_EQ(target->parameter("q"), "中&+c");
}

TEST(TargetTest, KeepsAnEmptySegment) {
  EXPECT_EQ(parse_target("/a//b")->segments, (std::vector<std::string>{"a", "", "b"}));
}

TEST(TargetTest, RefusesWhatItCannotUnderstand) {
  for (const char* text :
       {"", "v1", "http://x/", "/%", "/%2", "/%zz", "/%00", "/a?b=%0a", "/a?b=1&b=2"}) {
    EXPECT_FALSE(parse_target(text)) << text;
  }
}

TEST(TargetTest, RefusesMoreThanTheLimit) {
  EXPECT_TRUE(parse_target("/" + std::string(kMaxTargetBytes - 1, 'a')));
  EXPECT_FALSE(parse_target("/" + std::string(kMaxTargetBytes, 'a')));
}

TEST(TargetTest, DecodesWhatItEncodes) {
  const std::string text = "https://example.org/?a=b&c=d e%中+";

  EXPECT_EQ(parse_target("/?q=" + percent_encoded(text))->parameter("q"), text);
}

}  // namespace
}  // namespace sightingd
