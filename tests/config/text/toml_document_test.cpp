#include "config/text/toml_document.h"

#include <gtest/gtest.h>

#include <string>

namespace sightingd::test {
namespace {

TomlTable parsed(std::string_view text) { return *parse_toml(text, "f"); }

TEST(TomlDocumentTest, KnowsWhereKeysAndValuesBegin) {
  const TomlTable table = parsed("\n[a]\n \"é\" = 'x'\n");

  const auto& inner = std::get<TomlTable>(table.find("a")->value.content);
  const TomlEntry& entry = *inner.find("é");

  EXPECT_EQ(table.find("a")->place, (Place{"f", 2, 2}));
  EXPECT_EQ(entry.place, (Place{"f", 3, 2}));
  EXPECT_EQ(entry.value.place, (Place{"f", 3, 8}));
  EXPECT_EQ(std::get<std::string>(entry.value.content), "x");
}

TEST(TomlDocumentTest, NamesEveryType) {
  const TomlTable table = parsed(
      "a='x'\nb=1\nc=1.5\nd=true\ne=2026-02-01\nf=10:00:00\ng=2026-02-01T10:00:00Z\nh=[]\ni={}\n");

  std::string names;
  for (const TomlEntry& entry : table.entries) {
    names += std::string(type_name(entry.value)) + ';';
  }

  EXPECT_EQ(names, "a string;an integer;a number;a boolean;a date;a date;a date;an array;a table;");
}

TEST(TomlDocumentTest, TellsTheFirstMistake) {
  const auto result = parse_toml("a = 1\na = 2\n", "f");

  ASSERT_FALSE(result);
  EXPECT_EQ(render(result.error().place), "f:2:5");
  EXPECT_EQ(result.error().problem, "is not valid TOML");
}

// toml++ 3.3 aborts on the first of these, unless it is kept from it.
TEST(TomlDocumentTest, SurvivesHostileDocuments) {
  for (const std::string& text :
       {std::string("[$"), "a=" + std::string(5'000, '['), std::string("\xEF\xBB\xBF\xD2\x8A"),
        std::string("\xFF"), std::string("a=\"\0\"", 5), std::string("a.\"\".b=")}) {
    EXPECT_FALSE(parse_toml(text, "f")) << text;
  }
}

}  // namespace
}  // namespace sightingd::test
