#include "daemon/control/skipped_stream.h"

#include "daemon/api/report_json.h"
#include "daemon/workers/on_worker.h"

#include <utility>

namespace sightingd {

namespace asio = boost::asio;

SkippedStream::SkippedStream(const Store& store, asio::thread_pool& workers,
                             std::optional<SkipReason> reason, TimePoint now)
    : store_(store), workers_(workers), reason_(reason), now_(now) {}

asio::awaitable<Result<bool>> SkippedStream::next(std::string& part) {
  if (has_ended_) {
    co_return false;
  }
  const Result<void> read =
      co_await on_worker(workers_, [this, &part] { return read_blocking(part); });
  if (!read) {
    co_return read.error();
  }
  co_return true;
}

Result<void> SkippedStream::read_blocking(std::string& part) {
  part = std::exchange(has_begun_, true) ? "" : "{\"skipped\":[";
  auto page = store_.skipped(reason_, now_, from_);
  if (!page) {
    return page.error();
  }
  if (!page->rows.empty()) {
    part += std::exchange(has_rows_, true) ? "," : "";
    part += skipped_rows_json(page->rows);
  }
  from_ = std::move(page->next);
  has_ended_ = from_.empty();
  if (has_ended_) {
    part += "]}\n";
  }
  return {};
}

}  // namespace sightingd
