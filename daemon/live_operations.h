#pragma once

#include "config/diagnostic.h"
#include "config/settings.h"
#include "daemon/control/operations.h"
#include "daemon/ingest/ingest.h"
#include "daemon/ops/journal.h"
#include "daemon/retention/retention.h"
#include "examiner/pool.h"
#include "pipeline/time.h"
#include "storage/store.h"

#include <boost/asio/thread_pool.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace sightingd {

/// What can be asked of a daemon that polls: how it is, its watches, erasing, reloading.
/// On the event loop.
class LiveOperations final : public Operations {
 public:
  struct Parts {
    std::filesystem::path config;  ///< Read again at a reload.
    Store& store;
    boost::asio::thread_pool& workers;
    const Clock& clock;
    Ingest& ingest;
    Retention& retention;
    ExaminerPool& examiner;
    Journal& journal;
    std::function<bool()> is_stopping;
  };

  /// Everything in `parts` must outlive it.
  LiveOperations(Parts parts, Settings settings);

  boost::asio::awaitable<Result<Status>> status() override;
  boost::asio::awaitable<Result<std::string>> metrics_text() override;
  std::optional<WatchKey> watch_key(std::string_view watch_name) const override;
  boost::asio::awaitable<Result<std::vector<WatchListing>>> watches() override;
  boost::asio::awaitable<Result<void>> set_paused(std::string watch_name, bool paused) override;
  boost::asio::awaitable<Result<CommitOutcome>> commit(Facts facts) override;
  boost::asio::awaitable<Result<void>> change_key(SecretKey key) override;
  std::optional<std::chrono::seconds> backups_kept() const override;
  boost::asio::awaitable<Result<ReloadReport>> reload(bool dry_run) override;

  /// The same for a reader of the log, who is not shown private values.
  boost::asio::awaitable<Result<ReloadReport>> reload_for(Audience audience, bool dry_run);

 private:
  boost::asio::awaitable<Result<ReloadReport>> reload_alone(Audience audience, bool dry_run);
  Status present_status() const;

  Parts parts_;
  Settings settings_;
  const TimePoint started_at_;
  bool reloading_ = false;
};

}  // namespace sightingd
