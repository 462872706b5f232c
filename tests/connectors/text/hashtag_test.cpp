#include "connectors/text/hashtag.h"

#include <gtest/gtest.h>

#include <string>

namespace sightingd {
namespace {

std::string folded(std::string_view text) {
  auto result = fold_hashtag(text);
  return result ? *result : "error: " + result.error().message;
}

std::string lowered(std::string_view text) {
  auto result = lower_hashtag(text);
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

TEST(HashtagTest, LowersAsServersDo) {
  EXPECT_EQ(lowered("#Fußball"), "fußball");
  EXPECT_EQ(lowered("FUẞBALL"), "fußball");
  EXPECT_EQ(lowered("Οδός"), "οδός");
  EXPECT_EQ(lowered("ΟΔΌΣ"), "οδόσ");  // Ruby knows no final sigma either.
  EXPECT_EQ(lowered("İstanbul"), "i\u0307stanbul");
  EXPECT_EQ(lowered("＃ＢｉｒｄＳ"), "birds");
  EXPECT_EQ(lowered("Cafe\u0301"), "café");
  EXPECT_EQ(lowered("#寻人示例#"), "寻人示例");
}

TEST(HashtagTest, KeepsTheJoinersInsideALoweredWordOnly) {
  EXPECT_EQ(lowered("#می\u200cخواهم"), "می\u200cخواهم");
  EXPECT_EQ(lowered("\u200e#\u200fbirds\u200c#\u200d"), "birds");
  EXPECT_EQ(lowered("#\ufe0fbirds"), "birds");
  EXPECT_EQ(lowered("ᠮᠣ\u180b"), "ᠮᠣ\u180b");
}

TEST(HashtagTest, LowersToWhatFoldsTheSame) {
  for (const char* text : {"Fußball", "Οδός", "می\u200cخواهم", "İstanbul", "#birds#\ufe0f"}) {
    EXPECT_EQ(folded(lowered(text)), folded(text)) << text;
  }
}

TEST(HashtagTest, LowersNothingThatItWouldNotFold) {
  for (const char* text : {"", "#", "two words", "\u200d", "a\xff"}) {
    EXPECT_FALSE(lower_hashtag(text)) << text;
  }
  EXPECT_FALSE(lower_hashtag(std::string(kMaxHashtagBytes + 1, 'a')));
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
