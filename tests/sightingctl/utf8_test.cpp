#include "sightingctl/utf8.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

TEST(ValidUtf8Test, LeavesWellFormedTextAlone) { EXPECT_EQ(valid_utf8("aé中😀"), "aé中😀"); }

TEST(ValidUtf8Test, ReplacesEveryByteThatIsNoPartOfACharacter) {
  EXPECT_EQ(valid_utf8("a\xff"
                       "b"),
            "a\uFFFDb");
  EXPECT_EQ(valid_utf8("\xe4\xb8"), "\uFFFD\uFFFD");
  EXPECT_EQ(valid_utf8("\xc0\xaf"), "\uFFFD\uFFFD");
  EXPECT_EQ(valid_utf8("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(valid_utf8("\xf4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");
}

}  // namespace
}  // namespace sightingd
