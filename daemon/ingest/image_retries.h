#pragma once

#include "daemon/ingest/image_intake.h"
#include "daemon/ingest/source.h"
#include "daemon/ingest/task_group.h"
#include "daemon/ingest/watch_loop.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace sightingd {

/// Tries again the pictures that could not be fetched, at the times the store keeps for them. A
/// source whose pictures are slow, or that is configured no more, keeps no other waiting.
class ImageRetries {
 public:
  /// `source_of` finds a source by name, or null when it is configured no more.
  ImageRetries(WatchParts& parts, ImageIntake& images,
               std::function<std::shared_ptr<Source>(std::string_view)> source_of);

  /// Tries what is due, for good.
  void start();
  /// Tries every pending picture, due or not, in rounds with growing pauses, until none is left
  /// or three rounds in a row bring nothing; says how many are left. These tries do not count
  /// towards giving up.
  boost::asio::awaitable<std::size_t> run_once();

  void stop();
  boost::asio::awaitable<void> stopped();

 private:
  // The pictures of one source that are to be tried now.
  using Queue = std::deque<PendingImage>;

  boost::asio::awaitable<void> run();
  // Begins to try what is pending, of every source that is not being tried already.
  boost::asio::awaitable<void> round(bool even_if_not_due);
  boost::asio::awaitable<void> try_all(std::shared_ptr<Queue> queue, bool counts);
  boost::asio::awaitable<void> attempt(PendingImage image, bool counts);
  void report_examiner();
  boost::asio::awaitable<void> wait(std::chrono::milliseconds duration);

  WatchParts& parts_;
  ImageIntake& images_;
  std::function<std::shared_ptr<Source>(std::string_view)> source_of_;
  boost::asio::steady_timer timer_;
  std::map<std::string, std::weak_ptr<Queue>> queues_;  // By source; expired when all are tried.
  bool cannot_examine_ = false;                         // As it was last reported.
  TaskGroup attempts_;
  TaskGroup tasks_;
};

}  // namespace sightingd
