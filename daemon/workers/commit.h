#pragma once

#include "storage/store.h"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace sightingd {

/// Hands facts to the store's writer and comes back to the awaiting strand when they are durable.
/// `when_queued`, if any, is called as soon as their place among all commits is fixed.
boost::asio::awaitable<Result<CommitOutcome>> commit(
    Store& store, Facts facts, std::vector<std::unique_ptr<Store::Staged>> staged = {},
    std::function<void()> when_queued = {});

}  // namespace sightingd
