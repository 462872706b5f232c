#include "connectors/http/http_date.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace sightingd {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLongDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                    "Thursday", "Friday", "Saturday"};

// Matches a pattern of the RFC piece by piece; after the first mismatch everything fails.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  void literal(std::string_view expected) {
    if (rest_.substr(0, expected.size()) != expected) {
      fail();
      return;
    }
    rest_.remove_prefix(expected.size());
  }

  int number(std::size_t digits) {
    if (rest_.size() < digits) {
      return fail();
    }
    int value = 0;
    for (const char c : rest_.substr(0, digits)) {
      if (c < '0' || c > '9') {
        return fail();
      }
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }

  // A day of the month whose first digit may be a space.
  int padded_day() {
    if (!rest_.empty() && rest_[0] == ' ') {
      rest_.remove_prefix(1);
      return number(1);
    }
    return number(2);
  }

  // The position of the name that the text goes on with.
  template <std::size_t count>
  int one_of(const std::array<std::string_view, count>& names) {
    const auto found = std::find_if(names.begin(), names.end(), [&](std::string_view name) {
      return rest_.substr(0, name.size()) == name;
    });
    if (found == names.end()) {
      return fail();
    }
    rest_.remove_prefix(found->size());
    return static_cast<int>(found - names.begin());
  }

  std::chrono::seconds time_of_day() {
    const int hour = number(2);
    literal(":");
    const int minute = number(2);
    literal(":");
    const int second = number(2);
    if (hour > 23 || minute > 59 || second > 60) {
      fail();
    }
    return std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
  }

  bool matched() const { return good_ && rest_.empty(); }

 private:
  int fail() {
    good_ = false;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool good_ = true;
};

struct Fields {
  int year = 0;
  int month = 0;  // From 0.
  int day = 0;
  std::chrono::seconds time{0};
};

std::optional<TimePoint> moment(const Reader& reader, const Fields& fields) {
  const std::chrono::year_month_day date(
      std::chrono::year(fields.year), std::chrono::month(static_cast<unsigned>(fields.month) + 1),
      std::chrono::day(static_cast<unsigned>(fields.day)));
  if (!reader.matched() || !date.ok()) {
    return std::nullopt;
  }
  return TimePoint(std::chrono::sys_days(date)) + fields.time;
}

std::optional<TimePoint> parse_imf_fixdate(std::string_view text) {
  Reader reader(text);
  Fields fields;
  reader.one_of(kDays);
  reader.literal(", ");
  fields.day = reader.number(2);
  reader.literal(" ");
  fields.month = reader.one_of(kMonths);
  reader.literal(" ");
  fields.year = reader.number(4);
  reader.literal(" ");
  fields.time = reader.time_of_day();
  reader.literal(" GMT");
  return moment(reader, fields);
}

std::optional<TimePoint> parse_rfc850_date(std::string_view text) {
  Reader reader(text);
  Fields fields;
  reader.one_of(kLongDays);
  reader.literal(", ");
  fields.day = reader.number(2);
  reader.literal("-");
  fields.month = reader.one_of(kMonths);
  reader.literal("-");
  const int short_year = reader.number(2);
  fields.year = short_year + (short_year < 70 ? 2000 : 1900);
  reader.literal(" ");
  fields.time = reader.time_of_day();
  reader.literal(" GMT");
  return moment(reader, fields);
}

std::optional<TimePoint> parse_asctime_date(std::string_view text) {
  Reader reader(text);
  Fields fields;
  reader.one_of(kDays);
  reader.literal(" ");
  fields.month = reader.one_of(kMonths);
  reader.literal(" ");
  fields.day = reader.padded_day();
  reader.literal(" ");
  fields.time = reader.time_of_day();
  reader.literal(" ");
  fields.year = reader.number(4);
  return moment(reader, fields);
}

}  // namespace

std::optional<TimePoint> parse_http_date(std::string_view text) {
  if (const auto date = parse_imf_fixdate(text)) {
    return date;
  }
  if (const auto date = parse_rfc850_date(text)) {
    return date;
  }
  return parse_asctime_date(text);
}

std::string format_http_date(TimePoint time) {
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(midnight);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - midnight));
  const std::string_view day = kDays[std::chrono::weekday(midnight).c_encoding()];
  const std::string_view month = kMonths[static_cast<unsigned>(date.month()) - 1];
  std::array<char, 64> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%.3s, %02u %.3s %04d %02d:%02d:%02d GMT", day.data(),
      static_cast<unsigned>(date.day()), month.data(), static_cast<int>(date.year()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace sightingd
