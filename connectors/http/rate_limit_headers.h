#pragma once

#include "connectors/http/http_client.h"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace sightingd {

/// Header names in lower case, values trimmed.
using HttpHeaders = std::span<const std::pair<std::string, std::string>>;

/// No server makes us wait for longer than this, whatever it says.
constexpr std::chrono::hours kLongestWait{24};

/// What an answer's headers say about the requests that the server still grants.
///
/// Known forms, first found first taken: `X-RateLimit-*` (Mastodon, GoToSocial, X),
/// `RateLimit-Limit|Remaining|Reset` (Bluesky; IETF drafts to 07), `RateLimit: limit=…` (drafts to
/// 07), `RateLimit: "name";r=…;t=…` with `RateLimit-Policy: "name";q=…` (drafts from 08).
/// A reset is an RFC 3339 time, or a number told apart by its size: below 10^9 seconds that are
/// left, below 10^11 Unix seconds, else Unix milliseconds. Moments are measured against `date`,
/// the answer's own `Date`: without it they say nothing, and neither do those gone by.
///
/// `Retry-After` is what counts as `wait` where it stands; when nothing remains as well, the
/// later of the two. No wait is longer than kLongestWait.
RateLimit read_rate_limit(HttpHeaders headers, std::optional<TimePoint> date);

/// `Retry-After` in seconds or as an HTTP date (RFC 9110 section 10.2.3), at most kLongestWait.
/// Nothing when it is absent or means nothing.
std::optional<std::chrono::milliseconds> read_retry_after(HttpHeaders headers,
                                                          std::optional<TimePoint> date);

}  // namespace sightingd
