#include "connectors/http/http_date.h"

#include <gtest/gtest.h>

namespace sightingd {
namespace {

TEST(HttpDateTest, ReadsTheThreeForms) {
  const auto expected = parse_rfc3339("1994-11-06T08:49:37Z");

  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), expected);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), expected);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), expected);
}

TEST(HttpDateTest, TakesShortYearsOfThisCenturyBelowSeventy) {
  EXPECT_EQ(parse_http_date("Thursday, 26-Nov-26 00:00:00 GMT"),
            parse_rfc3339("2026-11-26T00:00:00Z"));
  EXPECT_EQ(parse_http_date("Friday, 27-Nov-70 00:00:00 GMT"),
            parse_rfc3339("1970-11-27T00:00:00Z"));
}

TEST(HttpDateTest, ReadsNothingElse) {
  for (const char* text :
       {"", "0", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ", " Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
        "Son, 06 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun Nov 6 08:49:37 1994", "1994-11-06T08:49:37Z"}) {
    EXPECT_FALSE(parse_http_date(text)) << text;
  }
}

TEST(HttpDateTest, ReadsWhatItWrites) {
  for (const char* text : {"2026-11-24T00:22:45Z", "1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z",
                           "1969-12-31T23:59:59Z"}) {
    const auto time = parse_rfc3339(text);
    EXPECT_EQ(parse_http_date(format_http_date(*time)), time) << format_http_date(*time);
  }
  EXPECT_EQ(format_http_date(*parse_rfc3339("2026-11-24T00:22:45.999Z")),
            "Tue, 24 Nov 2026 00:22:45 GMT");
}

}  // namespace
}  // namespace sightingd
