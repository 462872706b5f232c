#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd {

/// A moment on the wall clock, UTC, to the millisecond.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

/// A stretch of time, from `begin` (inclusive) to `end` (exclusive).
struct TimeRange {
  TimePoint begin;
  TimePoint end;

  friend bool operator==(const TimeRange&, const TimeRange&) = default;
};

/// Writes RFC 3339 in UTC with milliseconds: "2026-02-01T10:00:03.120Z".
std::string format_rfc3339(TimePoint time);

/// Reads RFC 3339 with any number of fraction digits (those beyond the millisecond are cut),
/// 'Z' or a numeric offset, years 0001 to 9999. Locale-free; nothing on anything else.
std::optional<TimePoint> parse_rfc3339(std::string_view text);

/// The reader of clocks that programs hand to those who need "now".
/// Only `daemon/` and `sightingctl/` make one from the real ones.
class Clock {
 public:
  virtual ~Clock() = default;
  /// On the wall clock, which may be wrong and may be set.
  virtual TimePoint now() const = 0;
  /// Since the machine was started, time asleep included: nobody sets that.
  virtual std::chrono::milliseconds since_boot() const = 0;
};

}  // namespace sightingd
