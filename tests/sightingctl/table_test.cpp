#include "sightingctl/table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace sightingd {
namespace {

std::string printed(const Table& table, bool colour = false) {
  std::ostringstream out;
  table.print(out, colour);
  return out.str();
}

TEST(TableTest, AlignsNumbersRightAndTextsLeft) {
  Table table({{"NAME"}, {"POSTS", true}, {"STATE"}});
  table.add({"a", "12345678", "ok"});
  table.add({"longer", "1", "stalled"});

  EXPECT_EQ(printed(table),
            "NAME       POSTS  STATE\n"
            "a       12345678  ok\n"
            "longer         1  stalled\n");
}

TEST(TableTest, AlignsWideCharactersByTheirWidth) {
  Table table({{"TAG"}, {"X"}});
  table.add({"随手拍", "1"});
  table.add({"abcdef", "2"});

  EXPECT_EQ(printed(table), "TAG     X\n随手拍  1\nabcdef  2\n");
}

TEST(TableTest, ColoursOnlyWhenAsked) {
  Table table({{"STATE"}});
  table.add({{"ok", Tint::Good}});

  EXPECT_EQ(printed(table), "STATE\nok\n");
  EXPECT_EQ(printed(table, true), "\033[1mSTATE\033[0m\n\033[32mok\033[0m\n");
}

TEST(TableTest, LetsNothingCommandTheTerminal) {
  Table table({{"X"}});
  table.add({"a\033[2Jb"});

  EXPECT_EQ(printed(table), "X\na?[2Jb\n");
}

TEST(DisplayWidthTest, CountsColumnsNotBytes) {
  EXPECT_EQ(display_width(""), 0U);
  EXPECT_EQ(display_width("é"), 1U);
  EXPECT_EQ(display_width("e\u0301"), 1U);
  EXPECT_EQ(display_width("中文"), 4U);
}

}  // namespace
}  // namespace sightingd
