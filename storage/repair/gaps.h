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
  /// When a sighting that was saved was posted.
  using PostedAt = std::function<std::optional<TimePoint>(std::uint64_t sighting)>;

  /// Finds the `lost` sightings among the positions of a damaged store. If those cannot all be
  /// read, or `may_lack_anything`, any watch may have lost any.
  static Gaps find(const Database& damaged, const std::set<std::uint64_t>& lost,
                   bool may_lack_anything, const PostedAt& posted_at);

  bool may_be_anywhere() const { return may_be_anywhere_; }
  /// How many of the lost had a place in a watch; the others were erased before.
  std::uint64_t lost_sightings() const { return found_.size(); }
  bool concern(std::string_view watch) const;
  std::size_t watches() const { return days_.size(); }

  /// What is left to be claimed of `row`, which covers something of `watch`.
  std::vector<CoverageRow> cut_out(std::string_view watch, CoverageRow row) const;

 private:
  bool may_be_anywhere_ = false;
  std::set<std::uint64_t> found_;
  std::map<std::string, std::vector<TimeRange>, std::less<>> days_;
};

}  // namespace sightingd
