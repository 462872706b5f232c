#include "pipeline/image/metadata/xmp_extent.h"

#include "tests/support/metadata_blocks.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

using namespace std::string_literals;

std::string repeated(std::string_view text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) {
    all += text;
  }
  return all;
}

// A tag with so many attributes, each with a prefix of `prefix`.
std::string tag(int attributes, std::string_view prefix = "a") {
  std::string text = "<t";
  for (int i = 0; i < attributes; ++i) {
    text.append(" ").append(prefix).append(std::to_string(i)).append("='1>\"'");
  }
  return text + "/>";
}

TEST(XmpExtentTest, LeavesAPacketAsProgramsWriteItWhole) {
  const std::string packet = test::xmp_packet_at(22.2167, 113.55);

  EXPECT_EQ(affordable_part(packet), packet);
  EXPECT_EQ(affordable_part("<r>"s + tag(500) + tag(500) + "</r>"),
            "<r>"s + tag(500) + tag(500) + "</r>");
}

TEST(XmpExtentTest, EndsBeforeATagOfTooManyAttributes) {
  EXPECT_EQ(affordable_part("<r><a/>" + tag(5'000) + "</r>"), "<r><a/>");
}

TEST(XmpExtentTest, EndsBeforeTooManyAttributesInAll) {
  EXPECT_EQ(affordable_part(repeated(tag(1'000), 100)).size(), 32 * tag(1'000).size());
}

TEST(XmpExtentTest, EndsBeforeTooManyPrefixes) {
  EXPECT_EQ(affordable_part("<r>" + tag(300, "xmlns:p") + "</r>"), "<r>");
  EXPECT_EQ(affordable_part(repeated("<r xmlns = 'p'>x</r>", 300)).size(),
            256 * "<r xmlns = 'p'>x</r>"s.size());
}

TEST(XmpExtentTest, EndsBeforeTooManyTags) {
  EXPECT_EQ(affordable_part(repeated("<r/>", 100'000)).size(), 65'536 * 4);
}

TEST(XmpExtentTest, EndsBeforeDeepNesting) {
  EXPECT_EQ(affordable_part(repeated("<r>", 100)), repeated("<r>", 64));
  EXPECT_EQ(affordable_part(repeated("<r></r>", 100)), repeated("<r></r>", 100));
  EXPECT_EQ(affordable_part(repeated("<r/>", 100)), repeated("<r/>", 100));
}

// What is no tag must not hide one.
TEST(XmpExtentTest, LooksBehindCommentsDataAndInstructions) {
  for (const char* hiding : {"<!-- ' -->", "<!--> ' -->", "<![CDATA[<a ' >]]>", "<? ' > ?>",
                             "text ' \" > text", "<a b='\">'/>", "<a b=\"'>\"/>"}) {
    EXPECT_EQ(affordable_part("<r>"s + hiding + tag(5'000)), "<r>"s + hiding) << hiding;
  }
}

TEST(XmpExtentTest, EndsBeforeADocumentType) {
  EXPECT_EQ(affordable_part("<?xml version='1.0'?><!DOCTYPE x []><x/>"), "<?xml version='1.0'?>");
}

// A parser would guess the encoding, and read other markup than was looked at.
TEST(XmpExtentTest, TakesUtf8Only) {
  EXPECT_EQ(affordable_part("\xef\xbb\xbf <r/>"), "\xef\xbb\xbf <r/>");
  EXPECT_EQ(affordable_part("<\0r\0/\0>\0"s), "<");
  EXPECT_EQ(affordable_part("\xff\xfe<\0r\0"s), "");
  EXPECT_EQ(affordable_part("\x4c\x6f\xa7\x94"), "");
}

}  // namespace
}  // namespace sightingd
