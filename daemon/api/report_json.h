#pragma once

#include "daemon/api/status.h"
#include "pipeline/photo.h"
#include "storage/store.h"

#include <string>
#include <vector>

/// What people and scripts read besides sightings, as JSON (docs/api.md). Each function returns
/// one object on one line, newline included.
namespace sightingd {

std::string status_json(const Status& status);

/// The time ranges of one watch, and how much of them was read completely.
struct WatchCoverage {
  std::string watch;
  std::vector<CoverageRow> rows;
};
std::string coverage_json(const std::vector<WatchCoverage>& watches, TimePoint now);

std::string skipped_json(const std::vector<SkippedRow>& rows);

/// A stored photo that is the same picture as the one asked about.
struct FoundPhoto {
  int distance = 0;
  Photo photo;
};
std::string similar_json(const std::vector<FoundPhoto>& photos);

/// `{"error": sentence, "code": code}`.
std::string error_json(std::string_view sentence, std::string_view code);

}  // namespace sightingd
