// Header lines "name: value" as a server may send them: dates and rate limits.
#include "connectors/http/http_date.h"
#include "connectors/http/rate_limit_headers.h"

#include <cstdlib>
#include <vector>

namespace {

std::vector<std::pair<std::string, std::string>> split(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> headers;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    const auto colon = std::min(line.find(": "), line.size());
    headers.emplace_back(line.substr(0, colon), line.substr(std::min(colon + 2, line.size())));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return headers;
}

void check(const std::optional<std::chrono::milliseconds>& wait) {
  if (wait && (wait->count() < 0 || *wait > sightingd::kLongestWait)) {
    std::abort();
  }
}

void check(const std::optional<std::int64_t>& count) {
  if (count && *count < 0) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto headers = split({reinterpret_cast<const char*>(data), size});
  std::optional<sightingd::TimePoint> date;
  for (const auto& [name, value] : headers) {
    if (const auto read = sightingd::parse_http_date(value)) {
      // What was read can be written and read again.
      if (sightingd::parse_http_date(sightingd::format_http_date(*read)) != read) {
        std::abort();
      }
      date = read;
    }
  }
  const auto limit = sightingd::read_rate_limit(headers, date);
  check(limit.limit);
  check(limit.remaining);
  check(limit.wait);
  check(sightingd::read_retry_after(headers, date));
  return 0;
}
