#include "daemon/control/run_on.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace sightingd {

namespace asio = boost::asio;

asio::awaitable<void> run_on(asio::thread_pool& workers, std::function<void()> work) {
  auto initiate = [&workers](auto handler, std::function<void()> job) {
    // The loop must not end while the work is elsewhere.
    auto home = asio::prefer(asio::get_associated_executor(handler),
                             asio::execution::outstanding_work.tracked);
    asio::post(workers, [handler = std::move(handler), job = std::move(job),
                         home = std::move(home)]() mutable {
      job();
      asio::post(home, std::move(handler));
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      std::move(initiate), asio::use_awaitable, std::move(work));
}

}  // namespace sightingd
