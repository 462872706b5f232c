#include "connectors/text/html_text.h"

#include "connectors/text/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace sightingd {
namespace {

std::string text_of(std::string_view html) { return html_to_text(html, 64 << 10); }

std::string repeated(std::string_view piece, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) {
    text += piece;
  }
  return text;
}

TEST(HtmlTextTest, KeepsParagraphsAndLineBreaks) {
  EXPECT_EQ(text_of("<p>one<br>two</p><p>three</p>"), "one\ntwo\nthree");
  EXPECT_EQ(text_of("<p>one<br /><br />two</p>\n"), "one\n\ntwo");
  EXPECT_EQ(text_of("<ul><li>one</li><li>two</li></ul>after"), "one\ntwo\nafter");
  EXPECT_EQ(text_of("a<br><br><br><br>b"), "a\n\nb");
}

TEST(HtmlTextTest, JoinsTheSpansOfMentionsTagsAndShortenedLinks) {
  EXPECT_EQ(text_of("<p>Seen at <a href=\"https://x.example/tags/birds\" class=\"mention hashtag\" "
                    "rel=\"tag\">#<span>birds</span></a> today</p>"),
            "Seen at #birds today");
  EXPECT_EQ(text_of("<a href=\"https://e.example/aaaa\"><span class=\"invisible\">https://</span>"
                    "<span class=\"ellipsis\">e.example/a</span>"
                    "<span class=\"invisible\">aaa</span></a>"),
            "https://e.example/aaaa");
}

TEST(HtmlTextTest, DecodesEntitiesOnce) {
  EXPECT_EQ(text_of("caf&eacute; &amp; &#x1F426; &lt;b&gt; &amp;lt;"), "café & 🐦 <b> &lt;");
  EXPECT_EQ(text_of("寻人 &#23547;人"), "寻人 寻人");
}

TEST(HtmlTextTest, CollapsesWhiteSpaceAndDropsControlCharacters) {
  EXPECT_EQ(text_of("  one \n\t two  "), "one two");
  EXPECT_EQ(text_of("<pre>one\n  two</pre>"), "one\ntwo");
  EXPECT_EQ(text_of(std::string_view("a\0b \x07<b>c</b>\x7f", 13)), "a b c");
}

TEST(HtmlTextTest, LeavesOutScriptsAndStyles) {
  EXPECT_EQ(text_of("a<script>alert('<p>x</p>')</script>b<style>p{}</style>c"), "abc");
  EXPECT_EQ(text_of("<!-- comment -->a<?pi?>"), "a");
}

TEST(HtmlTextTest, ReadsBrokenMarkup) {
  EXPECT_EQ(text_of("<p>open <b>and <i>never</b> closed"), "open and never closed");
  EXPECT_EQ(text_of("1 < 2"), "1 < 2");
  EXPECT_EQ(text_of(""), "");
  EXPECT_EQ(text_of("<meta charset=\"latin-1\"><p>café</p>"), "café");
}

TEST(HtmlTextTest, ReplacesBytesThatAreNotUtf8) {
  const std::string text = text_of("<p>a\xff\xfe caf\xc3\xa9</p>");

  EXPECT_EQ(text, "a\xef\xbf\xbd\xef\xbf\xbd café");
}

TEST(HtmlTextTest, CutsBetweenTwoCharacters) {
  EXPECT_EQ(html_to_text("<p>寻人示例</p>", 7), "寻人");
  EXPECT_EQ(html_to_text("寻人示例", 12), "寻人示例");
  EXPECT_EQ(html_to_text("<p>a</p>", 0), "");
  EXPECT_EQ(html_to_text(repeated("<p>0123456789</p>", 20000), 64 << 10).size(), 64U << 10);
}

TEST(HtmlTextTest, ReadsDeepNestingInTimeLinearInItsLength) {
  EXPECT_EQ(text_of(repeated("<div>", 100'000) + "x"), "x");
  EXPECT_EQ(text_of(repeated("<b><p>", 50'000)), "");
}

TEST(Utf8Test, AcceptsWellFormedTextOnly) {
  for (const char* text :
       {"", "ascii only, long enough", "é", "寻人示例", "🐦", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
  for (const char* text :
       {"\x80", "\xc0\xaf", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "abcdefgh\xff",
        "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xe5\xaf"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
}

TEST(Utf8Test, RepairsByteByByte) {
  EXPECT_EQ(repair_utf8("a\xe5\xaf z\xf0"), "a\xef\xbf\xbd\xef\xbf\xbd z\xef\xbf\xbd");
  EXPECT_EQ(repair_utf8("寻人"), "寻人");
}

TEST(Utf8Test, CutsBetweenTwoCharacters) {
  EXPECT_EQ(cut_utf8("寻人", 5), "寻");
  EXPECT_EQ(cut_utf8("寻人", 6), "寻人");
  EXPECT_EQ(cut_utf8("🐦", 3), "");
}

}  // namespace
}  // namespace sightingd
