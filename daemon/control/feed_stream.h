#pragma once

#include "daemon/control/feed_audit.h"
#include "daemon/control/feed_signal.h"
#include "daemon/http/message.h"
#include "pipeline/result.h"
#include "storage/store.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace sightingd {

/// What one reader of the feed asked for.
struct FeedRequest {
  FeedCursor after;
  std::uint64_t limit = UINT64_MAX;
  bool follow = false;  ///< Else the feed ends where it stood when it was asked for.
  /// While it follows and nothing comes, how often an empty line does.
  std::chrono::milliseconds heartbeat = std::chrono::seconds(15);
};

/// The feed as NDJSON, in parts of at most kEventsPerPart events that are read from the store
/// when the reader takes them. While it follows and nothing comes, it sends an empty line from time
/// to time, so that either side notices that the other has gone.
class FeedStream final : public AnswerStream {
 public:
  static constexpr std::size_t kEventsPerPart = 64;

  /// Reads the first part, so that a cursor that cannot be used fails here, as Store::feed says.
  static boost::asio::awaitable<Result<std::unique_ptr<AnswerStream>>> open(
      const Store& store, boost::asio::thread_pool& workers, FeedSignal signal, FeedRequest request,
      std::unique_ptr<FeedAudit> audit);

  boost::asio::awaitable<Result<bool>> next(std::string& part) override;

 private:
  FeedStream(const Store& store, boost::asio::thread_pool& workers, FeedSignal signal,
             FeedRequest request, std::unique_ptr<FeedAudit> audit);

  boost::asio::awaitable<Result<void>> read(std::string& part);
  Result<void> read_blocking(std::string& part);

  const Store& store_;
  boost::asio::thread_pool& workers_;
  FeedSignal signal_;
  FeedRequest request_;
  std::unique_ptr<FeedAudit> audit_;
  FeedCursor end_;  // Unless it follows.
  std::string first_;
  std::uint64_t first_generation_ = 0;
  bool is_first_ = true;
};

}  // namespace sightingd
