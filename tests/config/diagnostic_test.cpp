#include "config/diagnostic.h"

#include <gtest/gtest.h>

#include <string>

namespace sightingd::test {
namespace {

Diagnostic whole() {
  return {.place = {"a.toml", 3, 5},
          .key = "watch[0].name",
          .problem = "is no name",
          .value = "Ann",
          .allowed = "letters",
          .suggestion = "ann",
          .detail = "near Ann"};
}

TEST(DiagnosticTest, RendersEveryPart) {
  EXPECT_EQ(render(whole(), Audience::Operator),
            "a.toml:3:5: watch[0].name: \"Ann\" is no name: near Ann (letters; did you mean "
            "\"ann\"?)");
}

TEST(DiagnosticTest, RendersWhatThereIs) {
  EXPECT_EQ(
      render(Diagnostic{.place = {.file = "a.toml"}, .problem = "is empty"}, Audience::Operator),
      "a.toml: is empty");
}

TEST(DiagnosticTest, KeepsDetailsFromTheJournal) {
  EXPECT_EQ(render(whole(), Audience::Journal),
            "a.toml:3:5: watch[0].name: \"Ann\" is no name (letters; did you mean \"ann\"?)");
}

TEST(DiagnosticTest, KeepsPrivateValuesFromTheJournal) {
  Diagnostic diagnostic = whole();
  diagnostic.is_private = true;

  EXPECT_EQ(render(diagnostic, Audience::Journal),
            "a.toml:3:5: watch[0].name: the value is no name (letters)");
}

TEST(DiagnosticTest, KeepsToOneLine) {
  EXPECT_EQ(in_quotes("a\nb\x1b[31m\x7f"), "\"a\\x0ab\\x1b[31m\\x7f\"");
  Diagnostic diagnostic = whole();
  diagnostic.key = "a\nb";
  EXPECT_EQ(render(diagnostic, Audience::Operator).find('\n'), std::string::npos);
}

TEST(DiagnosticTest, CutsLongValuesBetweenCharacters) {
  EXPECT_EQ(in_quotes("a" + std::string(100, 'b')), "\"a" + std::string(79, 'b') + "...\"");

  std::string text = "a";
  for (int i = 0; i < 50; ++i) {
    text += "é";
  }
  EXPECT_EQ(in_quotes(text).size(), 1 + 1 + 39 * 2 + 3 + 1U);
}

}  // namespace
}  // namespace sightingd::test
