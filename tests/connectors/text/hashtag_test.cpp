#include "connectors/text/hashtag.h"

#include <gtest/gtest.h>

#include <string>

namespace sightingd {
namespace {

std::string folded(std::string_view text) {
  auto result = fold_hashtag(text);
  return result ? *result : "error: " + result.error().message;
}

std::string handle(std::string_view text) {
  auto result = normalize_handle(text);
  return result ? *result : "error: " + result.error().message;
}

TEST(HashtagTest, FoldsCaseWidthAndComposition) {
  EXPECT_EQ(folded("#BIRDS"), "birds");
  EXPECT_EQ(folded("＃Ｂｉｒｄｓ"), "birds");
  EXPECT_EQ(folded("ｶﾀｶﾅ"), "カタカナ");
  EXPECT_EQ(folded("Cafe\u0301"), "café");
  EXPECT_EQ(folded("STRASSE"), folded("straße"));
}

TEST(HashtagTest, KeepsEveryScript) {
  EXPECT_EQ(folded("随手拍照解救乞讨儿童"), "随手拍照解救乞讨儿童");
  EXPECT_EQ(folded("#寻人示例#"), "寻人示例");
  EXPECT_EQ(folded("ปลานิล"), "ปลานิล");
}

TEST(HashtagTest, FoldingTwiceChangesNothing) {
  for (const char* text : {"＃Ｂｉｒｄｓ", "ﬁsh", "Σίσυφος", "İstanbul", "a\u200db"}) {
    EXPECT_EQ(folded(folded(text)), folded(text));
  }
}

TEST(HashtagTest, RefusesWhatIsNotOneWord) {
  for (const char* text : {"", "#", "##", "＃", "two words", "a\tb", "a#b", "a\u3000b", "\u200d"}) {
    EXPECT_FALSE(fold_hashtag(text)) << text;
  }
  EXPECT_FALSE(fold_hashtag(std::string_view("a\0b", 3)));
}

TEST(HashtagTest, RefusesBytesThatAreNotUtf8) { EXPECT_FALSE(fold_hashtag("a\xff")); }

TEST(HashtagTest, RefusesWhatIsTooLong) {
  EXPECT_TRUE(fold_hashtag(std::string(kMaxHashtagBytes, 'a')));
  EXPECT_FALSE(fold_hashtag(std::string(kMaxHashtagBytes + 1, 'a')));
  EXPECT_FALSE(fold_hashtag(std::string(1 << 20, 'a')));
}

TEST(HandleTest, DropsTheAtSignAndLowersTheHost) {
  EXPECT_EQ(handle("@rescue@Example.ORG"), "rescue@example.org");
  EXPECT_EQ(handle("Rescue_1@social.example.org"), "Rescue_1@social.example.org");
  EXPECT_EQ(handle("alice@localhost:18080"), "alice@localhost:18080");
}

TEST(HandleTest, RefusesWhatIsNotUserAtHost) {
  for (const char* text :
       {"", "@", "user", "@user", "user@", "@@host", "us er@host", "a@b@c", "user@ho st",
        "user@host:", "user@host:port", "user@-host", "user@a..b", "user@寻人", "us/er@host"}) {
    EXPECT_FALSE(normalize_handle(text)) << text;
  }
}

}  // namespace
}  // namespace sightingd
