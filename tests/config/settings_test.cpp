#include "config/settings.h"

#include <gtest/gtest.h>

namespace sightingd::test {
namespace {

const SourceOptions kSource{.name = "a", .url = "https://a.example"};

TEST(WatchKeyTest, ForgetsNames) {
  const SourceOptions renamed{.name = "b", .url = "https://a.example"};

  EXPECT_EQ(watch_key(kSource, Hashtag{"birds"}), watch_key(renamed, Hashtag{"birds"}));
  EXPECT_EQ(watch_key(kSource, Hashtag{"strasse"}),
            watch_key(kSource, Hashtag{.folded = "strasse", .lowered = "straße"}));
}

TEST(WatchKeyTest, TellsServersAndSubjectsApart) {
  const SourceOptions other{.name = "a", .url = "https://b.example"};

  EXPECT_NE(watch_key(kSource, Hashtag{"birds"}), watch_key(other, Hashtag{"birds"}));
  EXPECT_NE(watch_key(kSource, Hashtag{"birds"}), watch_key(kSource, Hashtag{"cats"}));
  EXPECT_NE(watch_key(kSource, Hashtag{"a@b"}), watch_key(kSource, Account{"a@b"}));
}

TEST(WatchKeyTest, KnowsAnAccountInEitherCase) {
  EXPECT_EQ(watch_key(kSource, Account{"Rescue@example.org"}),
            watch_key(kSource, Account{"rescue@example.org"}));
}

}  // namespace
}  // namespace sightingd::test
