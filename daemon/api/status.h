#pragma once

#include "pipeline/time.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sightingd {

/// How one watch is doing, for the operator. No handle, tag or URL: names as configured.
struct WatchStatus {
  std::string name;
  std::string source;
  /// "starting", "ok", "polling", "backing_off", "rate_limited", "refused", "paused", "stalled",
  /// "waiting_for_space".
  std::string state = "starting";
  std::string last_outcome;               ///< "ok", or the reason of the last failure.
  std::string last_error;                 ///< A sentence; empty when the last poll succeeded.
  std::optional<TimePoint> last_poll;     ///< When the last poll ended, whatever came of it.
  std::optional<TimePoint> last_success;  ///< When the head was last reached.
  std::optional<TimePoint> next_poll;
  std::chrono::seconds lag{0};           ///< Since the head was last reached, or since the start.
  std::uint64_t posts = 0;               ///< Read since the start.
  std::uint64_t sightings = 0;           ///< New since the start.
  std::uint64_t errors = 0;              ///< Failed polls since the start.
  std::optional<double> coverage_ratio;  ///< Of the last 7 days, or since the first reading.

  friend bool operator==(const WatchStatus&, const WatchStatus&) = default;
};

/// How one source is doing.
struct SourceStatus {
  std::string name;
  std::string kind;
  std::optional<std::int64_t> rate_limit_remaining;
  std::string remark;  ///< How it is read, when that is less than all: "local_only". May be empty.
  std::map<std::string, std::uint64_t> requests_by_code;  ///< "200", "timeout", ...

  friend bool operator==(const SourceStatus&, const SourceStatus&) = default;
};

/// How the ends that `[retention]` sets are kept.
struct RetentionStatus {
  /// For how long the oldest sighting that is not held has been due.
  std::chrono::seconds lag{0};
  std::string stopped = {};  ///< Why nothing is erased: a sentence; empty when all is well.

  friend bool operator==(const RetentionStatus&, const RetentionStatus&) = default;
};

/// What `status`, the status page and `readyz` say.
struct Status {
  std::string version;
  TimePoint started_at{};
  TimePoint now{};
  bool ready = false;
  std::string not_ready_reason;  ///< A sentence; empty when ready.
  bool encrypted = false;        ///< What is written is encrypted,
  bool encrypting =
      false;  ///< and what was written earlier, or with an earlier key, is still to be.
  std::vector<std::string> sandbox_layers;
  std::vector<SourceStatus> sources;
  std::vector<WatchStatus> watches;
  RetentionStatus retention;
  bool waits_for_space = false;  ///< Nothing is taken in: the disk is full, or nearly so.
  std::uint64_t store_bytes = 0;
  std::uint64_t photos = 0;
  std::uint64_t sightings = 0;
  std::uint64_t pending_images = 0;
  std::uint64_t feed_sequence = 0;

  friend bool operator==(const Status&, const Status&) = default;
};

}  // namespace sightingd
