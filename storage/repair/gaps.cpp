#include "storage/repair/gaps.h"

#include "storage/encoding/keys.h"
#include "storage/encoding/lookup_hash.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sightingd {
namespace {

constexpr std::size_t kWatchSize = sizeof(LookupHash::bytes);

/// Between two that are left, in whole days: places are only nearly in the order of times.
TimeRange days_between(std::optional<TimePoint> before, std::optional<TimePoint> after) {
  if (before && after && *after < *before) {
    std::swap(before, after);
  }
  using std::chrono::days;
  return {.begin = before ? std::chrono::floor<days>(*before) : TimePoint::min(),
          .end = after ? std::chrono::floor<days>(*after) + days(1) : TimePoint::max()};
}

}  // namespace

Gaps Gaps::find(const Database& damaged, const std::set<std::uint64_t>& lost,
                bool may_lack_anything, const PostedAt& posted_at) {
  Gaps gaps;
  gaps.may_be_anywhere_ = may_lack_anything;
  std::string watch;
  std::optional<std::uint64_t> before;  // The last one of the watch that is left.
  std::vector<std::uint64_t> open;      // Lost ones since.
  const auto time_of = [&](std::optional<std::uint64_t> sighting) {
    return sighting ? posted_at(*sighting) : std::nullopt;
  };
  const auto close = [&](std::optional<std::uint64_t> after) {
    if (!open.empty()) {
      gaps.found_.insert(open.begin(), open.end());
      gaps.days_[watch].push_back(days_between(time_of(before), time_of(after)));
      open.clear();
    }
    before = after;
  };
  Database::Rows rows = damaged.rows(Column::Positions);
  for (; rows.valid(); rows.next()) {
    const auto sighting = keys::read_position(rows.key());
    if (!sighting || rows.key().size() < kWatchSize) {
      gaps.may_be_anywhere_ = true;
      continue;
    }
    if (const std::string_view at = rows.key().substr(0, kWatchSize); at != watch) {
      close(std::nullopt);
      watch = at;
    }
    if (lost.contains(*sighting)) {
      open.push_back(*sighting);
    } else {
      close(*sighting);
    }
  }
  close(std::nullopt);
  gaps.may_be_anywhere_ = gaps.may_be_anywhere_ || !rows.status();
  return gaps;
}

bool Gaps::concern(std::string_view watch) const {
  return may_be_anywhere_ || days_.contains(watch);
}

std::vector<CoverageRow> Gaps::cut_out(std::string_view watch, CoverageRow row) const {
  if (may_be_anywhere_ && row.complete) {
    row.complete = false;
    row.reason = kDamaged;
  }
  std::vector<CoverageRow> left = {std::move(row)};
  const auto lost = days_.find(watch);
  if (lost == days_.end()) {
    return left;
  }
  for (const TimeRange& gap : lost->second) {
    std::vector<CoverageRow> rest;
    for (const CoverageRow& piece : left) {
      CoverageRow below = piece;
      below.range.end = std::min(piece.range.end, gap.begin);
      CoverageRow above = piece;
      above.range.begin = std::max(piece.range.begin, gap.end);
      for (CoverageRow* part : {&below, &above}) {
        if (part->range.begin < part->range.end) {
          rest.push_back(std::move(*part));
        }
      }
    }
    left = std::move(rest);
  }
  return left;
}

}  // namespace sightingd
