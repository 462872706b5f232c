#include "config/text/quantity.h"

#include <charconv>
#include <limits>
#include <span>

namespace sightingd {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor = 1;
};

// Each list goes from the largest to the smallest unit, which is 1.
constexpr Unit kDurations[] = {
    {"y", 365 * 86'400}, {"d", 86'400}, {"h", 3'600}, {"m", 60}, {"s", 1}};
constexpr Unit kSizes[] = {{"TiB", 1ULL << 40U},
                           {"TB", 1'000'000'000'000},
                           {"GiB", 1ULL << 30U},
                           {"GB", 1'000'000'000},
                           {"MiB", 1ULL << 20U},
                           {"MB", 1'000'000},
                           {"KiB", 1ULL << 10U},
                           {"kB", 1'000},
                           {"B", 1}};
constexpr Unit kPixels[] = {{"GP", 1'000'000'000}, {"MP", 1'000'000}, {"kP", 1'000}, {"px", 1}};

constexpr std::uint64_t kLongestDuration = 100ULL * 365 * 86'400;

template <typename Number>
std::optional<Number> parse_number(std::string_view digits) {
  Number number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || stop != end) {
    return std::nullopt;
  }
  return number;
}

std::optional<std::uint64_t> parse_quantity(std::string_view text, std::span<const Unit> units) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::optional<std::uint64_t> number = parse_number<std::uint64_t>(text.substr(0, digits));
  for (const Unit& unit : units) {
    if (number && unit.name == text.substr(digits) &&
        *number <= std::numeric_limits<std::uint64_t>::max() / unit.factor) {
      return *number * unit.factor;
    }
  }
  return std::nullopt;
}

std::string format_quantity(std::uint64_t quantity, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (quantity != 0 && quantity % unit.factor == 0) {
      return std::to_string(quantity / unit.factor) + std::string(unit.name);
    }
  }
  return "0" + std::string(units.back().name);
}

}  // namespace

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  const std::optional<std::uint64_t> seconds = parse_quantity(text, kDurations);
  if (!seconds || *seconds > kLongestDuration) {
    return std::nullopt;
  }
  return std::chrono::seconds(*seconds);
}

std::string format_duration(std::chrono::seconds duration) {
  return format_quantity(static_cast<std::uint64_t>(duration.count()), kDurations);
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  return parse_quantity(text, kSizes);
}

std::string format_size(std::uint64_t bytes) { return format_quantity(bytes, kSizes); }

std::optional<std::uint64_t> parse_pixels(std::string_view text) {
  return parse_quantity(text, kPixels);
}

std::string format_pixels(std::uint64_t pixels) { return format_quantity(pixels, kPixels); }

std::optional<RequestLimit> parse_rate(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash + 1 == text.size()) {
    return std::nullopt;
  }
  const auto requests = parse_number<std::uint32_t>(text.substr(0, slash));
  std::string window(text.substr(slash + 1));
  if (window.front() < '0' || window.front() > '9') {
    window.insert(0, "1");
  }
  const std::optional<std::chrono::seconds> length = parse_duration(window);
  if (!requests || *requests == 0 || !length || length->count() == 0) {
    return std::nullopt;
  }
  return RequestLimit{.requests = *requests, .window = *length};
}

std::string format_rate(const RequestLimit& rate) {
  return std::to_string(rate.requests) + '/' + format_duration(rate.window);
}

}  // namespace sightingd
