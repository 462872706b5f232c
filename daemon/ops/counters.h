#pragma once

#include "pipeline/facts.h"
#include "pipeline/photo.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace sightingd {

/// The work of one photo or page, as `sightingd_stage_duration_seconds` names it.
enum class Stage : std::uint8_t { Fetch, Examine, Deduplicate, Commit };
inline constexpr std::size_t kStages = 4;
std::string_view to_text(Stage stage);

/// What became of a picture, as `sightingd_images_total` names it.
enum class ImageCount : std::uint8_t { New, Duplicate, Pending, Rejected, Refused, Unavailable };
inline constexpr std::size_t kImageCounts = 6;
std::string_view to_text(ImageCount outcome);

/// How long each stage took: one histogram a stage. Not thread-safe: record on the event loop.
class StageDurations {
 public:
  /// Upper bounds of the buckets; the last bucket, without a bound, is not among them.
  static constexpr std::array<std::chrono::microseconds, 14> kBounds = {
      std::chrono::microseconds(100),   std::chrono::microseconds(250),
      std::chrono::microseconds(500),   std::chrono::milliseconds(1),
      std::chrono::microseconds(2'500), std::chrono::milliseconds(5),
      std::chrono::milliseconds(10),    std::chrono::milliseconds(25),
      std::chrono::milliseconds(50),    std::chrono::milliseconds(100),
      std::chrono::milliseconds(250),   std::chrono::seconds(1),
      std::chrono::milliseconds(2'500), std::chrono::seconds(10)};

  struct Histogram {
    std::array<std::uint64_t, kBounds.size() + 1> counts{};  ///< Not cumulative.
    std::chrono::nanoseconds sum{0};
  };

  void record(Stage stage, std::chrono::nanoseconds duration);
  const Histogram& of(Stage stage) const;

 private:
  std::array<Histogram, kStages> histograms_{};
};

/// What ingest counts since the start, for the metrics. Owned by ingest, written and read on the
/// event loop. Every key is a configured name or a member of a closed set.
struct IngestCounters {
  using SourceAndName = std::pair<std::string, std::string>;

  std::map<SourceAndName, std::uint64_t> polls;    ///< By source and outcome: "ok" or a reason.
  std::map<SourceAndName, std::uint64_t> posts;    ///< By source and watch.
  std::map<std::string, std::uint64_t> sightings;  ///< By source.
  std::map<std::pair<std::string, SkipReason>, std::uint64_t> skipped;  ///< By source and reason.
  std::array<std::uint64_t, kImageCounts> images{};                     ///< Indexed by ImageCount.
  std::map<LocationOrigin, std::uint64_t> image_locations;
  std::map<std::string, std::uint64_t> queue_depths;       ///< By stage; what waits at this moment.
  std::map<std::string, std::uint64_t> examiner_restarts;  ///< By reason.
  StageDurations stages;

  std::uint64_t& images_of(ImageCount outcome) { return images[static_cast<std::size_t>(outcome)]; }
};

}  // namespace sightingd
