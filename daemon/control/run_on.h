#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <functional>

namespace sightingd {

/// Runs `work` on a thread of `workers` and resumes on the caller's executor when it is done.
/// What `work` refers to must outlive it: a cancelled caller still waits for it. `work` must not
/// throw.
boost::asio::awaitable<void> run_on(boost::asio::thread_pool& workers, std::function<void()> work);

}  // namespace sightingd
