#include "daemon/audit/note.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <utility>

namespace sightingd {
namespace asio = boost::asio;

asio::awaitable<Result<void>> note(AuditLog& log, AuditEvent event) {
  auto start = [&log, &event](auto handler) {
    auto home = asio::get_associated_executor(handler);
    // std::function wants something that can be copied; the one copy that is called owns it.
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    log.note(std::move(event),
             [shared, home, work = asio::make_work_guard(home)](Result<void> noted) {
               asio::post(home, [shared, noted = std::move(noted)]() mutable {
                 auto resume = std::move(*shared);
                 std::move(resume)(std::move(noted));
               });
             });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Result<void>)>(
      start, asio::use_awaitable);
}

void note_soon(AuditLog& log, AuditEvent event) {
  log.note(std::move(event), [](const Result<void>&) {});
}

}  // namespace sightingd
