#pragma once

#include "pipeline/time.h"
#include "storage/audit/audit_event.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// A calendar month, UTC.
using ReportMonth = std::chrono::year_month;

/// "2026-02".
std::string to_text(const ReportMonth& month);
/// "2026-02", or a day in it, "2026-02-14"; years 1970 to 9999. Nothing on anything else.
std::optional<ReportMonth> parse_month(std::string_view text);

/// A count below this, but for 0, says too much about those it counts.
inline constexpr std::uint64_t kSmallestCount = 5;

/// How often what happened, by month: fit to publish. Small counts are hidden, and nothing that is
/// shown was computed from one, so that none can be computed back: a total is the sum of the shown
/// counts. Months are whole, so that two reports never differ by some days.
struct TransparencyReport {
  struct Total {
    std::uint64_t shown = 0;
    bool is_at_least = false;  ///< Something is hidden.
  };
  struct Row {
    AuditKind kind = AuditKind::Started;
    std::vector<std::optional<std::uint64_t>> counts;  ///< One a month; nothing: hidden.
    Total total;
  };

  std::vector<ReportMonth> months;
  std::vector<ReportMonth> left_out;  ///< Not over yet, or their entries are not all there.
  std::vector<Row> rows;              ///< Every kind, in the order of AuditKind.
};

/// Counts what the audit log holds.
class AuditTally {
 public:
  void add(const AuditEvent& event);
  /// What happened before this is not, or not all, in the log.
  void begins_at(TimePoint time) { begins_at_ = time; }

  /// The months from that of `first` to that of `last`.
  TransparencyReport report(ReportMonth first, ReportMonth last, TimePoint now) const;

 private:
  std::map<AuditKind, std::map<ReportMonth, std::uint64_t>> counts_;
  std::optional<TimePoint> begins_at_;
};

}  // namespace sightingd
