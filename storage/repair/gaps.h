#pragma once

#include "pipeline/coverage.h"
#include "pipeline/result.h"
#include "pipeline/time.h"
#include "storage/database.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// Coverage that was read completely, and of which a repair cannot say what it lost.
inline constexpr const char* kDamaged = "damaged";

/// Where watches have lost sightings. Watches are named by their hashes, as rows name them.
class Gaps {
 public:
  struct Saved {
    std::function<bool(std::uint64_t sighting)> has;
    /// When one that was saved was posted.
    std::function<std::optional<TimePoint>(std::uint64_t sighting)> posted_at;
  };
  /// Finds what is not saved of what the positions of a damaged store name. If those cannot all be
  /// read, or lack one that the feed names, or `may_lack_anything`, any watch may have lost any.
  static Gaps find(const Database& damaged, const Saved& saved, bool may_lack_anything);

  bool may_be_anywhere() const { return may_be_anywhere_; }
  /// As many as are known to be.
  std::uint64_t lost_sightings() const { return lost_.size(); }
  bool concern(std::string_view watch) const;

  /// What is left to be claimed of `row`, which covers something of `watch`.
  std::vector<CoverageRow> cut_out(std::string_view watch, CoverageRow row) const;

 private:
  void look_through_positions(const Database& damaged, const Saved& saved);
  void look_through_feed(const Database& damaged, const Saved& saved);
  void add(const std::string& watch, const TimeRange& days);

  bool may_be_anywhere_ = false;
  std::set<std::uint64_t> lost_;
  std::map<std::string, std::vector<TimeRange>, std::less<>> days_;
};

}  // namespace sightingd
