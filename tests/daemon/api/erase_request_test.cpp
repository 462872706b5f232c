#include "daemon/api/erase_request.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

TEST(EraseRequestTest, ReadsWhatItWrites) {
  const EraseRequest request{"https://example.org/1", "asked by the \"author\""};

  EXPECT_EQ(parse_erase_request(erase_request_json(request)).value(), request);
}

TEST(EraseRequestTest, RefusesAnythingElse) {
  for (const char* json :
       {"", "[]", "1", "{", R"({"post":"x"})", R"({"reason":"x"})", R"({"post":"","reason":"x"})",
        R"({"post":1,"reason":"x"})", R"({"post":"x","reason":"y","author":"z"})",
        R"({"post":"x","reason":"y"} {})", "{\"post\":\"\xff\",\"reason\":\"y\"}"}) {
    const auto request = parse_erase_request(json);
    ASSERT_FALSE(request) << json;
    EXPECT_EQ(request.error().code, ErrorCode::Malformed);
  }
}

TEST(EraseRequestTest, RefusesATextThatIsTooLong) {
  const EraseRequest request{std::string(4097, 'a'), "reason"};

  EXPECT_FALSE(parse_erase_request(erase_request_json(request)));
}

TEST(EraseRequestTest, SurvivesDeepNesting) {
  EXPECT_FALSE(parse_erase_request(std::string(kMaxEraseBody, '[')));
}

}  // namespace
}  // namespace sightingd
