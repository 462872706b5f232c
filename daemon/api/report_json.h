#pragma once

#include "daemon/api/reports.h"
#include "daemon/api/status.h"
#include "storage/store.h"

#include <string>
#include <string_view>
#include <vector>

/// Reports as JSON (docs/api.md). Each function returns one object on one line, newline included.
namespace sightingd {

std::string status_json(const Status& status);

/// Between the first thing that was read of a watch and `now`, what lies in no row is "missing".
std::string coverage_json(const std::vector<WatchCoverage>& watches, TimePoint now);

std::string similar_json(const std::vector<FoundPhoto>& photos);
std::string watches_json(const std::vector<WatchListing>& watches);
std::string reload_json(const ReloadReport& report);

/// The members of the list of what was skipped, with commas between them and no newline.
std::string skipped_rows_json(const std::vector<SkippedRow>& rows);

/// `code` is from the closed set of docs/api.md; `sentence` says what to do next.
std::string error_json(std::string_view sentence, std::string_view code);

}  // namespace sightingd
