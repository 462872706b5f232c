#include "pipeline/time.h"

#include <array>
#include <cstdio>

namespace sightingd {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

// Reads from a text whose end is checked at every step.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  // A number of exactly `digits` digits in [low, high].
  std::optional<int> number(std::size_t digits, int low, int high) {
    if (rest_.size() < digits) {
      return std::nullopt;
    }
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (!is_digit(rest_[i])) {
        return std::nullopt;
      }
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    if (value < low || value > high) {
      return std::nullopt;
    }
    return value;
  }

  bool skip(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_[0]) == std::string_view::npos) {
      return false;
    }
    last_ = rest_[0];
    rest_.remove_prefix(1);
    return true;
  }

  // The digits after a decimal point as milliseconds; nothing when there are none.
  std::optional<int> milliseconds() {
    int value = 0;
    std::size_t digits = 0;
    for (; !rest_.empty() && is_digit(rest_[0]); rest_.remove_prefix(1), ++digits) {
      if (digits < 3) {
        value = value * 10 + (rest_[0] - '0');
      }
    }
    if (digits == 0) {
      return std::nullopt;
    }
    for (; digits < 3; ++digits) {
      value *= 10;
    }
    return value;
  }

  char last() const { return last_; }
  bool done() const { return rest_.empty(); }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  std::string_view rest_;
  char last_ = '\0';
};

// "Z" or "+08:00".
std::optional<std::chrono::minutes> read_offset(Scanner& scanner) {
  if (scanner.skip("Zz")) {
    return std::chrono::minutes(0);
  }
  if (!scanner.skip("+-")) {
    return std::nullopt;
  }
  const int sign = scanner.last() == '-' ? -1 : 1;
  const auto hours = scanner.number(2, 0, 23);
  if (!hours || !scanner.skip(":")) {
    return std::nullopt;
  }
  const auto minutes = scanner.number(2, 0, 59);
  if (!minutes) {
    return std::nullopt;
  }
  return std::chrono::minutes(sign * (*hours * 60 + *minutes));
}

std::optional<sys_days> read_date(Scanner& scanner) {
  const auto y = scanner.number(4, 1, 9999);
  if (!y || !scanner.skip("-")) {
    return std::nullopt;
  }
  const auto m = scanner.number(2, 1, 12);
  if (!m || !scanner.skip("-")) {
    return std::nullopt;
  }
  const auto d = scanner.number(2, 1, 31);
  if (!d) {
    return std::nullopt;
  }
  const year_month_day date(year(*y), month(static_cast<unsigned>(*m)),
                            day(static_cast<unsigned>(*d)));
  if (!date.ok()) {
    return std::nullopt;
  }
  return sys_days(date);
}

// A leap second (":60") counts as the second that follows.
std::optional<std::chrono::milliseconds> read_time_of_day(Scanner& scanner) {
  const auto hours = scanner.number(2, 0, 23);
  if (!hours || !scanner.skip(":")) {
    return std::nullopt;
  }
  const auto minutes = scanner.number(2, 0, 59);
  if (!minutes || !scanner.skip(":")) {
    return std::nullopt;
  }
  const auto seconds = scanner.number(2, 0, 60);
  if (!seconds) {
    return std::nullopt;
  }
  std::chrono::milliseconds fraction{0};
  if (scanner.skip(".")) {
    const auto read = scanner.milliseconds();
    if (!read) {
      return std::nullopt;
    }
    fraction = std::chrono::milliseconds(*read);
  }
  return std::chrono::hours(*hours) + std::chrono::minutes(*minutes) +
         std::chrono::seconds(*seconds) + fraction;
}

}  // namespace

std::string format_rfc3339(TimePoint time) {
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const year_month_day date(midnight);
  const std::chrono::hh_mm_ss clock(time - midnight);
  std::array<char, 64> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

std::optional<TimePoint> parse_rfc3339(std::string_view text) {
  Scanner scanner(text);
  const auto date = read_date(scanner);
  if (!date || !scanner.skip("Tt ")) {
    return std::nullopt;
  }
  const auto time = read_time_of_day(scanner);
  if (!time) {
    return std::nullopt;
  }
  const auto offset = read_offset(scanner);
  if (!offset || !scanner.done()) {
    return std::nullopt;
  }
  return TimePoint(*date) + *time - *offset;
}

}  // namespace sightingd
