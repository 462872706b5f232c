#pragma once

#include "daemon/http/message.h"
#include "pipeline/facts.h"
#include "pipeline/result.h"
#include "storage/store.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <optional>
#include <string>

namespace sightingd {

/// What was skipped, as one JSON object (docs/api.md) that is read from the store in parts when the
/// reader takes them: seven days of many watches are more than one answer should hold in memory.
class SkippedStream final : public AnswerStream {
 public:
  /// Of the seven days before `now`; all reasons, when none is given.
  SkippedStream(const Store& store, boost::asio::thread_pool& workers,
                std::optional<SkipReason> reason, TimePoint now);

  boost::asio::awaitable<Result<bool>> next(std::string& part) override;

 private:
  Result<void> read_blocking(std::string& part);

  const Store& store_;
  boost::asio::thread_pool& workers_;
  const std::optional<SkipReason> reason_;
  const TimePoint now_;
  std::string from_;
  bool has_begun_ = false;
  bool has_rows_ = false;
  bool has_ended_ = false;
};

}  // namespace sightingd
