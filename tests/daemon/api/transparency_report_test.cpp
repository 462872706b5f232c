#include "daemon/api/transparency_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sightingd {
namespace {

using std::chrono::days;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::chrono::year kYear{2026};
constexpr ReportMonth kJanuary = kYear / 1;
constexpr ReportMonth kFebruary = kYear / 2;
constexpr ReportMonth kMarch = kYear / 3;

TimePoint on(int month, int day) { return std::chrono::sys_days(kYear / month / day); }

void add(AuditTally& tally, AuditKind kind, TimePoint time, int times) {
  for (int i = 0; i < times; ++i) {
    tally.add({.kind = kind, .time = time});
  }
}

TransparencyReport::Row row_of(const TransparencyReport& report, AuditKind kind) {
  for (const TransparencyReport::Row& row : report.rows) {
    if (row.kind == kind) {
      return row;
    }
  }
  return {};
}

TEST(TransparencyReportTest, CountsByKindAndMonth) {
  AuditTally tally;
  add(tally, AuditKind::PhotoRead, on(1, 31), 7);
  add(tally, AuditKind::PhotoRead, on(2, 1), 5);
  add(tally, AuditKind::Erasure, on(2, 28), 9);

  const TransparencyReport report = tally.report(kJanuary, kFebruary, on(3, 1));

  EXPECT_THAT(report.months, ElementsAre(kJanuary, kFebruary));
  EXPECT_THAT(report.left_out, IsEmpty());
  EXPECT_THAT(row_of(report, AuditKind::PhotoRead).counts, ElementsAre(7U, 5U));
  EXPECT_EQ(row_of(report, AuditKind::PhotoRead).total.shown, 12U);
  EXPECT_FALSE(row_of(report, AuditKind::PhotoRead).total.is_at_least);
  EXPECT_THAT(row_of(report, AuditKind::Erasure).counts, ElementsAre(0U, 9U));
  EXPECT_THAT(row_of(report, AuditKind::Hold).counts, ElementsAre(0U, 0U));
}

TEST(TransparencyReportTest, SaysTheSameWhateverAHiddenCountIs) {
  for (int hidden = 2; hidden < static_cast<int>(kSmallestCount); ++hidden) {
    AuditTally one;
    add(one, AuditKind::PhotoRead, on(1, 1), 1);
    add(one, AuditKind::PhotoRead, on(2, 1), 50);
    AuditTally other;
    add(other, AuditKind::PhotoRead, on(1, 1), hidden);
    add(other, AuditKind::PhotoRead, on(2, 1), 50);

    const auto shown = row_of(one.report(kJanuary, kFebruary, on(3, 1)), AuditKind::PhotoRead);
    const auto also = row_of(other.report(kJanuary, kFebruary, on(3, 1)), AuditKind::PhotoRead);

    EXPECT_THAT(shown.counts, ElementsAre(std::nullopt, 50U));
    EXPECT_EQ(shown.counts, also.counts);
    EXPECT_EQ(shown.total.shown, 50U);
    EXPECT_EQ(shown.total.shown, also.total.shown);
    EXPECT_TRUE(shown.total.is_at_least);
    EXPECT_TRUE(also.total.is_at_least);
  }
}

TEST(TransparencyReportTest, LeavesOutMonthsOfWhichNotAllIsKnown) {
  AuditTally tally;
  add(tally, AuditKind::PhotoRead, on(1, 31), 7);
  add(tally, AuditKind::PhotoRead, on(2, 14), 8);
  add(tally, AuditKind::PhotoRead, on(3, 30), 9);
  tally.begins_at(on(1, 20));

  const TransparencyReport report = tally.report(kJanuary, kMarch, on(3, 31));

  EXPECT_THAT(report.months, ElementsAre(kFebruary));
  EXPECT_THAT(report.left_out, ElementsAre(kJanuary, kMarch));
  EXPECT_THAT(row_of(report, AuditKind::PhotoRead).counts, ElementsAre(8U));
  EXPECT_EQ(row_of(report, AuditKind::PhotoRead).total.shown, 8U);
}

TEST(TransparencyReportTest, CountsDenialsThatShareAnEntry) {
  AuditTally tally;
  tally.add({.kind = AuditKind::AccessDenied, .time = on(1, 1), .count = 1000});

  EXPECT_THAT(row_of(tally.report(kJanuary, kJanuary, on(3, 1)), AuditKind::AccessDenied).counts,
              ElementsAre(1000U));
}

TEST(TransparencyReportTest, ReadsMonthsAndDaysInThem) {
  EXPECT_EQ(parse_month("2026-02"), kFebruary);
  EXPECT_EQ(parse_month("2026-02-28"), kFebruary);
  EXPECT_EQ(to_text(kFebruary), "2026-02");
  for (const char* wrong : {"", "2026", "2026-13", "2026-00", "2026-02-29", "2026/02", "1969-12",
                            "2026-2", "+026-02", "2026-02-2x", "2026-02-281"}) {
    EXPECT_FALSE(parse_month(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace sightingd
