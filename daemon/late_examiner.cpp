#include "daemon/late_examiner.h"

#include <utility>

namespace sightingd {
namespace asio = boost::asio;

LateExaminer::LateExaminer(asio::any_io_executor executor, const ExaminerOptions& options)
    : executor_(std::move(executor)), options_(options) {
  options_.processes = 1;
}

asio::awaitable<Result<Examination>> LateExaminer::examine(std::string bytes) {
  if (!started_) {
    const auto started = co_await start();
    if (!started) {
      // Whatever is missing here, the caller did nothing that is forbidden.
      co_return Error{ErrorCode::Unavailable, started.error().message, started.error().reason};
    }
    started_ = true;
  }
  co_return co_await pool_->examine(std::move(bytes));
}

asio::awaitable<void> LateExaminer::stop() {
  if (pool_) {
    co_await pool_->stop();
  }
}

asio::awaitable<Result<void>> LateExaminer::start() {
  const auto program = find_examiner_program();
  if (!program) {
    co_return no_examiner_program();
  }
  // A pool is started once: each attempt has its own.
  pool_ = std::make_unique<ExaminerPool>(executor_, options_, *program);
  co_return co_await pool_->start();
}

Error no_examiner_program() {
  return {ErrorCode::Unavailable,
          "sighting-examiner is neither beside this program nor in /usr/libexec/sightingd: "
          "install it there"};
}

}  // namespace sightingd
