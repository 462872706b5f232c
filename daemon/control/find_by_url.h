#pragma once

#include "pipeline/ids.h"
#include "pipeline/result.h"
#include "storage/store.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <optional>
#include <string>

namespace sightingd {

/// The sighting, hidden or not, whose post people read at `url`; nothing when there is none.
///
/// The store knows posts by their canonical URI alone, so this reads every sighting: a piece at a
/// time on `workers`, so that others get their turn, and no further than to the piece during
/// which it is cancelled.
boost::asio::awaitable<Result<std::optional<SightingId>>> find_by_url(
    const Store& store, boost::asio::thread_pool& workers, std::string url);

}  // namespace sightingd
