#include "connectors/http/rate_limit_headers.h"

#include "connectors/http/header_text.h"
#include "connectors/http/http_date.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace sightingd {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kFirstUnixSeconds = 1'000'000'000;         // September 2001.
constexpr std::int64_t kFirstUnixMilliseconds = 100'000'000'000;  // As seconds: the year 5138.
constexpr std::int64_t kLastUnixMilliseconds = 100'000'000'000'000;

std::string_view find(HttpHeaders headers, std::string_view name) {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const auto& header) { return header.first == name; });
  return found == headers.end() ? std::string_view() : found->second;
}

// The whole number that the text begins with; what stands behind it (a fraction, a policy) is
// left alone. Nothing when there is none, when it is negative or does not fit.
std::optional<std::int64_t> leading_number(std::string_view text) {
  text = trim(text);
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || number < 0) {
    return std::nullopt;
  }
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const bool ends_here =
      rest.empty() || std::string_view(" \t.,;").find(rest[0]) != std::string_view::npos;
  return ends_here ? std::optional(number) : std::nullopt;
}

std::optional<milliseconds> sensible_wait(milliseconds wait) {
  if (wait < milliseconds(0)) {
    return std::nullopt;
  }
  return std::min<milliseconds>(wait, kLongestWait);
}

std::optional<milliseconds> wait_until(std::optional<TimePoint> moment,
                                       std::optional<TimePoint> date) {
  return moment && date ? sensible_wait(*moment - *date) : std::nullopt;
}

std::optional<milliseconds> seconds_left(std::int64_t seconds) {
  constexpr std::int64_t kMost = std::chrono::seconds(kLongestWait).count();
  return std::chrono::seconds(std::min(seconds, kMost));
}

std::optional<milliseconds> read_reset(std::string_view text, std::optional<TimePoint> date) {
  if (const auto moment = parse_rfc3339(trim(text))) {
    return wait_until(moment, date);
  }
  const auto number = leading_number(text);
  if (!number || *number >= kLastUnixMilliseconds) {
    return std::nullopt;
  }
  if (*number < kFirstUnixSeconds) {
    return seconds_left(*number);
  }
  const milliseconds since_epoch = *number < kFirstUnixMilliseconds
                                       ? milliseconds(std::chrono::seconds(*number))
                                       : milliseconds(*number);
  return wait_until(TimePoint(since_epoch), date);
}

// The value of `key` in "limit=100, remaining=5" or "\"name\";r=5;t=30".
std::optional<std::int64_t> parameter(std::string_view header, std::string_view key) {
  while (!header.empty()) {
    const auto end = std::min(header.find_first_of(",;"), header.size());
    const auto part = trim(header.substr(0, end));
    const auto equals = part.find('=');
    if (equals != std::string_view::npos && trim(part.substr(0, equals)) == key) {
      return leading_number(part.substr(equals + 1));
    }
    header.remove_prefix(std::min(end + 1, header.size()));
  }
  return std::nullopt;
}

RateLimit read_separate(HttpHeaders headers, std::string_view prefix,
                        std::optional<TimePoint> date) {
  const std::string name(prefix);
  return {.limit = leading_number(find(headers, name + "limit")),
          .remaining = leading_number(find(headers, name + "remaining")),
          .wait = read_reset(find(headers, name + "reset"), date)};
}

RateLimit read_combined(HttpHeaders headers) {
  const auto header = find(headers, "ratelimit");
  const auto policy = find(headers, "ratelimit-policy");
  const auto either = [&](std::string_view long_key, std::string_view short_key) {
    const auto value = parameter(header, long_key);
    return value ? value : parameter(header, short_key);
  };
  RateLimit limit{.limit = parameter(header, "limit"),
                  .remaining = either("remaining", "r"),
                  .wait = std::nullopt};
  if (!limit.limit) {
    limit.limit = parameter(policy, "q");
  }
  if (const auto left = either("reset", "t")) {
    limit.wait = seconds_left(*left);
  }
  return limit;
}

bool says_something(const RateLimit& limit) { return limit != RateLimit{}; }

RateLimit read_window(HttpHeaders headers, std::optional<TimePoint> date) {
  if (const auto limit = read_separate(headers, "x-ratelimit-", date); says_something(limit)) {
    return limit;
  }
  if (const auto limit = read_separate(headers, "ratelimit-", date); says_something(limit)) {
    return limit;
  }
  return read_combined(headers);
}

}  // namespace

std::optional<milliseconds> read_retry_after(HttpHeaders headers, std::optional<TimePoint> date) {
  const auto text = find(headers, "retry-after");
  if (const auto seconds = leading_number(text)) {
    return seconds_left(*seconds);
  }
  return wait_until(parse_http_date(trim(text)), date);
}

RateLimit read_rate_limit(HttpHeaders headers, std::optional<TimePoint> date) {
  RateLimit limit = read_window(headers, date);
  if (const auto asked = read_retry_after(headers, date)) {
    const bool nothing_left = limit.remaining == 0 && limit.wait;
    limit.wait = nothing_left ? std::max(*limit.wait, *asked) : *asked;
  }
  return limit;
}

}  // namespace sightingd
