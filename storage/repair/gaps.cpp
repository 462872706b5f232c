#include "storage/repair/gaps.h"

#include "storage/encoding/keys.h"
#include "storage/encoding/lookup_hash.h"
#include "storage/encoding/record.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sightingd {
namespace {

constexpr std::size_t kWatchSize = sizeof(LookupHash::bytes);

/// How late a post may come among those of its day, as of a server that was down.
constexpr std::chrono::days kLate{7};

/// Between two that are left, in whole days, and before: places are only nearly in the order of
/// times.
TimeRange days_between(std::optional<TimePoint> before, std::optional<TimePoint> after) {
  if (before && after && *after < *before) {
    std::swap(before, after);
  }
  using std::chrono::days;
  return {.begin = before ? std::chrono::floor<days>(*before) - kLate : TimePoint::min(),
          .end = after ? std::chrono::floor<days>(*after) + days(1) : TimePoint::max()};
}

}  // namespace

Gaps Gaps::find(const Database& damaged, const Saved& saved, bool may_lack_anything) {
  Gaps gaps;
  gaps.may_be_anywhere_ = may_lack_anything;
  gaps.look_through_positions(damaged, saved);
  gaps.look_through_feed(damaged, saved);
  return gaps;
}

void Gaps::look_through_positions(const Database& damaged, const Saved& saved) {
  std::string watch;
  std::optional<std::uint64_t> before;  // The last one of the watch that is left.
  bool is_open = false;                 // Since then some are lost.
  const auto time_of = [&](std::optional<std::uint64_t> sighting) {
    return sighting ? saved.posted_at(*sighting) : std::nullopt;
  };
  const auto close = [&](std::optional<std::uint64_t> after) {
    if (is_open) {
      add(watch, days_between(time_of(before), time_of(after)));
    }
    is_open = false;
    before = after;
  };
  Database::Rows rows = damaged.rows(Column::Positions);
  for (; rows.valid(); rows.next()) {
    const auto sighting = keys::read_position(rows.key());
    if (!sighting || rows.key().size() < kWatchSize) {
      may_be_anywhere_ = true;
      continue;
    }
    if (const std::string_view at = rows.key().substr(0, kWatchSize); at != watch) {
      close(std::nullopt);
      watch = at;
    }
    if (saved.has(*sighting)) {
      close(*sighting);
    } else {
      lost_.insert(*sighting);
      is_open = true;
    }
  }
  close(std::nullopt);
  may_be_anywhere_ = may_be_anywhere_ || !rows.status();
}

void Gaps::look_through_feed(const Database& damaged, const Saved& saved) {
  Database::Rows rows = damaged.rows(Column::Feed);
  for (; rows.valid(); rows.next()) {
    const auto value = rows.value();
    const auto row = value ? record::decode_feed_row(*value) : Result<record::FeedRow>(Error{});
    if (row && row->living && !saved.has(*row->living) && lost_.insert(*row->living).second) {
      may_be_anywhere_ = true;  // Nobody knows which watch had it.
    }
  }
}

/// Gaps of a watch come in no order, and lie over one another.
void Gaps::add(const std::string& watch, const TimeRange& days) {
  std::vector<TimeRange>& all = days_[watch];
  TimeRange joined = days;
  std::erase_if(all, [&joined](const TimeRange& other) {
    const bool meets = other.begin <= joined.end && joined.begin <= other.end;
    if (meets) {
      joined = {.begin = std::min(joined.begin, other.begin),
                .end = std::max(joined.end, other.end)};
    }
    return meets;
  });
  all.push_back(joined);
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
