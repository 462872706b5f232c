#pragma once

#include "config/settings.h"
#include "connectors/http/http_client.h"
#include "daemon/api/status.h"
#include "daemon/ops/counters.h"
#include "daemon/ops/journal.h"
#include "examiner/examiner.h"
#include "pipeline/time.h"
#include "storage/store.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sightingd {

/// What ingest works with; all of it outlives it.
struct IngestParts {
  boost::asio::any_io_executor executor;
  const Clock& clock;
  Store& store;
  boost::asio::thread_pool& workers;
  Examiner& examiner;
  HttpClient& network;
  Journal& journal;
  /// The store cannot be written any more: the program must stop. Called once.
  std::function<void(const Error&)> on_storage_failure;
  std::function<void(std::exception_ptr)> on_bug;
  /// How long a page waits for its pictures before it goes on without the rest.
  std::chrono::milliseconds page_patience = std::chrono::minutes(5);
  /// Where the store lies, and how much is to be left free there.
  std::filesystem::path store_path = "/";
  std::uint64_t keep_free = 0;
};

/// From the networks into the store: the sources, a loop for each watch, the retries of pictures
/// that could not be fetched, and the second look at posts that seem gone. One strand.
class Ingest {
 public:
  /// Fails when the recorded exchanges of a source cannot be read.
  static Result<std::unique_ptr<Ingest>> make(IngestParts parts, const Settings& settings);
  ~Ingest();
  Ingest(const Ingest&) = delete;
  Ingest& operator=(const Ingest&) = delete;

  /// Polls every watch for good, the first polls spread out.
  void start();

  /// Brings every watch to its head, tries every pending picture, and returns a line for each
  /// watch or picture that is not done; none when all is.
  boost::asio::awaitable<std::vector<std::string>> run_once(std::chrono::milliseconds longest_wait);

  /// Ends all work that is not queued for writing yet, and returns when none is left.
  boost::asio::awaitable<void> stop();

  /// Replaces sources, watches and limits; what did not change keeps running.
  /// Fails as make() does; then nothing has changed.
  boost::asio::awaitable<Result<void>> apply(const Settings& settings);

  /// Nothing when no watch has this configured name.
  std::optional<WatchKey> watch_key_of(std::string_view watch_name) const;
  /// Durable when it returns. Fails with Gone when no watch has this name.
  boost::asio::awaitable<Result<void>> set_paused(std::string watch_name, bool paused);

  std::vector<WatchStatus> watch_statuses() const;
  std::vector<SourceStatus> source_statuses() const;
  /// Why this program is not ready to be relied on: a sentence, empty when it is.
  std::string not_ready_reason() const;
  /// Why what depends on the wall clock must wait: a sentence, empty when it need not. Without a
  /// source that has told the time since the start, it must.
  std::string clock_doubt() const;
  /// Whether nothing is taken in because the disk is full, or nearly so.
  bool waits_for_space() const;
  /// True when every loop has moved within its own time limits.
  bool is_alive(std::chrono::steady_clock::time_point now) const;
  const IngestCounters& counters() const;

 private:
  class Impl;
  explicit Ingest(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sightingd
