#pragma once

#include "storage/store.h"

#include <string>

namespace sightingd {

/// Appends one event of the feed as one line of NDJSON, newline included.
void append_feed_event(const FeedEvent& event, std::string& out);

}  // namespace sightingd
