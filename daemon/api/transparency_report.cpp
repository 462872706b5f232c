#include "daemon/api/transparency_report.h"

#include <charconv>
#include <system_error>

namespace sightingd {
namespace {

namespace chrono = std::chrono;

ReportMonth month_of(TimePoint time) {
  const chrono::year_month_day day(chrono::floor<chrono::days>(time));
  return {day.year(), day.month()};
}

TimePoint begin_of(const ReportMonth& month) { return chrono::sys_days(month / chrono::day(1)); }

std::optional<unsigned> digits(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  return is_number ? std::optional(value) : std::nullopt;
}

/// Denials are counted within their entries; everything else is an entry.
std::uint64_t times(const AuditEvent& event) {
  return event.kind == AuditKind::AccessDenied ? event.count : 1;
}

}  // namespace

std::string to_text(const ReportMonth& month) {
  return format_rfc3339(begin_of(month)).substr(0, 7);
}

std::optional<ReportMonth> parse_month(std::string_view text) {
  const bool has_day = text.size() == 10;
  if ((text.size() != 7 && !has_day) || text[4] != '-' || (has_day && text[7] != '-')) {
    return std::nullopt;
  }
  const auto year = digits(text.substr(0, 4));
  const auto month = digits(text.substr(5, 2));
  const auto day = has_day ? digits(text.substr(8)) : std::optional(1U);
  if (!year || !month || !day || *year < 1970) {
    return std::nullopt;
  }
  const ReportMonth parsed{chrono::year(static_cast<int>(*year)), chrono::month(*month)};
  const bool exists = parsed.ok() && (parsed / chrono::day(*day)).ok();
  return exists ? std::optional(parsed) : std::nullopt;
}

void AuditTally::add(const AuditEvent& event) {
  counts_[event.kind][month_of(event.time)] += times(event);
}

TransparencyReport AuditTally::report(ReportMonth first, ReportMonth last, TimePoint now) const {
  TransparencyReport report;
  for (ReportMonth month = first; month <= last; month += chrono::months(1)) {
    const bool is_over = begin_of(month + chrono::months(1)) <= now;
    const bool is_whole = !begins_at_ || begin_of(month) >= *begins_at_;
    (is_over && is_whole ? report.months : report.left_out).push_back(month);
  }
  for (auto number = static_cast<unsigned>(AuditKind::Started);
       number <= static_cast<unsigned>(kLastAuditKind); ++number) {
    TransparencyReport::Row row{.kind = static_cast<AuditKind>(number), .counts = {}, .total = {}};
    const auto counted = counts_.find(row.kind);
    for (const ReportMonth& month : report.months) {
      const bool has_month = counted != counts_.end() && counted->second.contains(month);
      const std::uint64_t count = has_month ? counted->second.at(month) : 0;
      const bool is_hidden = count > 0 && count < kSmallestCount;
      row.counts.push_back(is_hidden ? std::nullopt : std::optional(count));
      row.total.shown += is_hidden ? 0 : count;
      row.total.is_at_least = row.total.is_at_least || is_hidden;
    }
    report.rows.push_back(std::move(row));
  }
  return report;
}

}  // namespace sightingd
