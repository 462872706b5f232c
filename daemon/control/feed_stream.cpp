#include "daemon/control/feed_stream.h"

#include "daemon/api/feed_json.h"
#include "daemon/workers/on_worker.h"

#include <algorithm>
#include <utility>

namespace sightingd {

namespace asio = boost::asio;

FeedStream::FeedStream(const Store& store, asio::thread_pool& workers, FeedSignal signal,
                       FeedRequest request, std::unique_ptr<FeedAudit> audit)
    : store_(store),
      workers_(workers),
      signal_(std::move(signal)),
      request_(std::move(request)),
      audit_(std::move(audit)),
      first_generation_(signal_.generation()) {}

asio::awaitable<Result<std::unique_ptr<AnswerStream>>> FeedStream::open(
    const Store& store, asio::thread_pool& workers, FeedSignal signal, FeedRequest request,
    std::unique_ptr<FeedAudit> audit) {
  std::unique_ptr<FeedStream> stream(
      new FeedStream(store, workers, std::move(signal), std::move(request), std::move(audit)));
  const Result<void> read = co_await stream->read(stream->first_);
  if (!read) {
    co_return read.error();
  }
  co_return std::unique_ptr<AnswerStream>(std::move(stream));
}

asio::awaitable<Result<bool>> FeedStream::next(std::string& part) {
  for (;;) {
    std::uint64_t generation = first_generation_;
    if (std::exchange(is_first_, false)) {
      part = std::move(first_);
    } else {
      generation = signal_.generation();
      const Result<void> read = co_await this->read(part);
      if (!read) {
        co_return read.error();
      }
    }
    if (!part.empty()) {
      const Result<void> noted = co_await audit_->settle();
      if (!noted) {
        co_return noted.error();
      }
      co_return true;
    }
    if (!request_.follow || request_.limit == 0 || signal_.stopped()) {
      const Result<void> noted = co_await audit_->finish();
      if (!noted) {
        co_return noted.error();
      }
      co_return false;
    }
    if (!co_await signal_.changed(generation, request_.heartbeat) && !signal_.stopped()) {
      const Result<void> noted = co_await audit_->settle();
      if (!noted) {
        co_return noted.error();
      }
      part = "\n";
      co_return true;
    }
  }
}

asio::awaitable<Result<void>> FeedStream::read(std::string& part) {
  return on_worker(workers_, [this, &part] { return read_blocking(part); });
}

Result<void> FeedStream::read_blocking(std::string& part) {
  part.clear();
  if (is_first_) {
    end_ = store_.newest_cursor();
  }
  const auto limit =
      static_cast<std::size_t>(std::min<std::uint64_t>(request_.limit, kEventsPerPart));
  if (limit == 0) {
    return {};
  }
  const auto events = store_.feed(request_.after, limit);
  if (!events) {
    return events.error();
  }
  std::uint64_t given = 0;
  for (const FeedEvent& event : *events) {
    if (!request_.follow && event.cursor > end_) {
      request_.limit = 0;
      break;
    }
    append_feed_event(event, part);
    request_.after = event.cursor;
    --request_.limit;
    ++given;
  }
  if (given > 0) {
    audit_->add(events->front().cursor, request_.after, given);
  }
  return {};
}

}  // namespace sightingd
