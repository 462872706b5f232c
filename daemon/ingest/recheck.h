#pragma once

#include "daemon/ingest/source.h"
#include "daemon/ingest/watch_loop.h"

#include <boost/asio/awaitable.hpp>

#include <vector>

namespace sightingd {

/// Asks `source` about posts that may be gone, and stores what it says of each.
///
/// Gives those of which it did not say whether they are there. Fails as Connector::presence() does
/// when it said nothing, and with Storage, which is reported already.
boost::asio::awaitable<Result<std::vector<SuspectedPost>>> recheck(
    WatchParts& parts, Source& source, std::vector<SuspectedPost> posts);

}  // namespace sightingd
