#include "daemon/api/erase_request.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

TEST(EraseRequestTest, ReadsWhatItWrites) {
  for (const auto what : {EraseRequest::What::Post, EraseRequest::What::Author,
                          EraseRequest::What::Photo, EraseRequest::What::OlderThan}) {
    const EraseRequest request{.what = what,
                               .subject = "https://example.org/1",
                               .reason = "asked by the \"author\"",
                               .despite_hold = true};
    EXPECT_EQ(parse_erase_request(erase_request_json(request)).value(), request);
  }
}

TEST(EraseRequestTest, RefusesAnythingElse) {
  for (const char* json :
       {"", "[]", "1", "{", R"({"post":"x"})", R"({"reason":"x"})", R"({"post":"","reason":"x"})",
        R"({"post":1,"reason":"x"})", R"({"post":"x","reason":"y","author":"z"})",
        R"({"post":"x","reason":"y","confirm":1})", R"({"post":"x","reason":"y","other":true})",
        R"({"author":"x","reason":"y","refuse_picture":true})", R"({"post":"x","reason":"y"} {})",
        "{\"post\":\"\xff\",\"reason\":\"y\"}"}) {
    const auto request = parse_erase_request(json);
    ASSERT_FALSE(request) << json;
    EXPECT_EQ(request.error().code, ErrorCode::Malformed);
  }
}

TEST(EraseRequestTest, RefusesATextThatIsTooLong) {
  const EraseRequest request{.subject = std::string(4097, 'a'), .reason = "reason"};

  EXPECT_FALSE(parse_erase_request(erase_request_json(request)));
}

TEST(EraseRequestTest, SurvivesDeepNesting) {
  EXPECT_FALSE(parse_erase_request(std::string(kMaxEraseBody, '[')));
}

}  // namespace
}  // namespace sightingd
