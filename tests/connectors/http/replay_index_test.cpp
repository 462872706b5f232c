#include "connectors/http/replay_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sightingd {
namespace {

using testing::HasSubstr;

ReplayIndex parse(const std::string& exchanges) {
  return ReplayIndex::parse(R"({"format":1,"exchanges":[)" + exchanges + "]}").value();
}

std::string failure_of(const std::string& json) {
  const auto index = ReplayIndex::parse(json);
  return index ? "no failure" : index.error().message;
}

TEST(ReplayIndexTest, ReadsEveryMember) {
  const auto index = parse(R"({"method":"POST","target":"/a","token":"t","answers":[
      {"status":429,"headers":{"Retry-After":"5"},"body":"no"},
      {"json":{"b":[1,2.5,null]}}, {"body_file":"a/b.jpg"}, {"failure":"timeout"}]})");

  const ReplayExchange* exchange = index.find("POST", "/a", "t");

  ASSERT_NE(exchange, nullptr);
  ASSERT_EQ(exchange->answers.size(), 4U);
  EXPECT_EQ(exchange->answers[0].status, 429);
  EXPECT_EQ(exchange->answers[0].headers.at(0),
            std::make_pair(std::string("retry-after"), std::string("5")));
  EXPECT_EQ(exchange->answers[0].body, "no");
  EXPECT_EQ(exchange->answers[1].body, R"({"b":[1,2.5,null]})");
  EXPECT_EQ(exchange->answers[2].body_file, "a/b.jpg");
  EXPECT_EQ(exchange->answers[3].failure, "timeout");
}

TEST(ReplayIndexTest, PrefersTheExchangeOfTheToken) {
  const auto index = parse(R"({"target":"/a","answers":[{"status":401}]},
                              {"target":"/a","token":"good","answers":[{"status":200}]})");

  EXPECT_EQ(index.find("GET", "/a", "good")->answers[0].status, 200);
  EXPECT_EQ(index.find("GET", "/a", "bad")->answers[0].status, 401);
  EXPECT_EQ(index.find("GET", "/a", "")->answers[0].status, 401);
  EXPECT_EQ(index.find("POST", "/a", "good"), nullptr);
  EXPECT_EQ(index.find("GET", "/b", "good"), nullptr);
}

TEST(ReplayIndexTest, ComparesTargetsAsAServerDoes) {
  const auto same = [](std::string_view a, std::string_view b) {
    return canonical_replay_target(a) == canonical_replay_target(b);
  };

  EXPECT_TRUE(same("/tag/%E5%AF%BB?limit=40&max_id=1", "/tag/\xe5\xaf\xbb?max_id=1&limit=40"));
  EXPECT_TRUE(same("/tag/%e5%af%bb", "/tag/%E5%AF%BB"));
  EXPECT_TRUE(same("/a?q=b+c&", "/a?q=b%20c"));
  EXPECT_TRUE(same("/a#b", "/a"));
  EXPECT_FALSE(same("/a%2Fb", "/a/b"));
  EXPECT_FALSE(same("/a?q=%26r=1", "/a?q=&r=1"));
  EXPECT_FALSE(same("/a?q=b%2Bc", "/a?q=b+c"));
  EXPECT_FALSE(same("/a?limit=40", "/a"));
  EXPECT_FALSE(same("/a+b", "/a b"));
  EXPECT_EQ(canonical_replay_target("/a%"), "/a%25");
  EXPECT_EQ(canonical_replay_target("/a%2"), "/a%252");
  EXPECT_EQ(canonical_replay_target("/a%%34%31"), "/a%2541");
  EXPECT_EQ(canonical_replay_target(""), "");
}

TEST(ReplayIndexTest, NamesWhatIsWrong) {
  EXPECT_THAT(failure_of(""), HasSubstr("exchanges.json"));
  EXPECT_THAT(failure_of("[]"), HasSubstr("not an object"));
  EXPECT_THAT(failure_of(R"({"format":2,"exchanges":[]})"), HasSubstr("format must be 1"));
  EXPECT_THAT(failure_of(R"({"format":1})"), HasSubstr("exchanges must be an array"));
  EXPECT_THAT(failure_of(R"({"format":1,"exchanges":[],"more":1})"), HasSubstr("\"more\""));
  EXPECT_THAT(
      failure_of(R"({"format":1,"exchanges":[{"target":"/","answers":[{}]},{"target":"/"}]})"),
      HasSubstr("(exchange 2)"));
  for (const char* exchange :
       {"1", "{}", R"({"target":"","answers":[{}]})", R"({"target":"/","answers":[]})",
        R"({"target":"/","answers":[1]})", R"({"target":"/","answers":[{"status":99}]})",
        R"({"target":"/","answers":[{"status":"200"}]})",
        R"({"target":"/","answers":[{"headers":{"a":1}}]})",
        R"({"target":"/","answers":[{"headers":[]}]})", R"({"target":"/","answers":[{"body":1}]})",
        R"({"target":"/","answers":[{"body":"a","json":1}]})",
        R"({"target":"/","answers":[{"failure":"boredom"}]})",
        R"({"target":"/","answers":[{"sattus":200}]})",
        R"({"target":"/","token":1,"answers":[{}]})",
        R"({"target":"/","method":1,"answers":[{}]})"}) {
    EXPECT_THAT(failure_of(R"({"format":1,"exchanges":[)" + std::string(exchange) + "]}"),
                HasSubstr("(exchange 1)"))
        << exchange;
  }
}

TEST(ReplayIndexTest, RefusesWhatIsNestedTooDeeply) {
  EXPECT_THAT(failure_of(std::string(1'000'000, '[')), HasSubstr("nested too deeply"));
}

}  // namespace
}  // namespace sightingd
