#pragma once

#include "pipeline/photo.h"
#include "pipeline/time.h"
#include "storage/store.h"

#include <chrono>
#include <string>
#include <vector>

/// What people and scripts read besides sightings and the status.
namespace sightingd {

/// One watch as configured.
struct WatchListing {
  std::string name;
  std::string source;
  bool is_account = false;  ///< False: `subject` is a hashtag.
  std::string subject;      ///< Folded hashtag without '#', or user@host.
  bool paused = false;
  std::chrono::seconds poll_interval{0};
  std::chrono::seconds max_poll_interval{0};
  bool media_required = true;

  friend bool operator==(const WatchListing&, const WatchListing&) = default;
};

/// What reading the configuration again came to. It is all or nothing: `applied` is true only
/// when it was no dry run and both `mistakes` and `needs_restart` are empty.
struct ReloadReport {
  bool applied = false;
  std::vector<std::string> changed_keys;   ///< Which, without values; for the audit log.
  std::vector<std::string> changes;        ///< A sentence each, without any secret.
  std::vector<std::string> needs_restart;  ///< Keys that changed and are only read at start.
  std::vector<std::string> mistakes;       ///< "FILE:LINE:COLUMN: key: what is wrong".

  friend bool operator==(const ReloadReport&, const ReloadReport&) = default;
};

/// What was read of one watch, as the store tells it.
struct WatchCoverage {
  std::string watch;
  std::vector<CoverageRow> rows;
};

/// A stored photo that is the same picture as the one asked about.
struct FoundPhoto {
  Likeness likeness;
  Photo photo;
};

}  // namespace sightingd
