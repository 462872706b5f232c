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
#include <vector>

namespace sightingd {

/// Tries again the pictures that could not be fetched, at the times the store keeps for them. A
/// host that is slow, or a source that is configured no more, keeps no other's pictures waiting.
class ImageRetries {
 public:
  /// `source_of` finds a source by its URL, or null when it is configured no more;
  /// `requires_media` says whether the watch with a name takes posts with pictures only.
  ImageRetries(WatchParts& parts, ImageIntake& images,
               std::function<std::shared_ptr<Source>(std::string_view)> source_of,
               std::function<bool(std::string_view)> requires_media);

  /// Tries what is due, for good.
  void start();
  /// Tries every pending picture, due or not, in rounds with growing pauses, until none is left
  /// or three rounds in a row bring nothing; says how many are left, by the name of their watch. A
  /// host that fails again and again has to wait for the next round. These tries do not count
  /// towards giving up.
  boost::asio::awaitable<std::map<std::string, std::size_t>> run_once();

  void stop();
  boost::asio::awaitable<void> stopped();

 private:
  // The pictures of one source at one host that are to be tried now.
  struct Queue {
    std::deque<PendingImage> images;
    int failures_in_a_row = 0;
  };

  boost::asio::awaitable<void> run();
  // Begins to try what is pending, at every host that is not being tried already.
  boost::asio::awaitable<void> round(bool even_if_not_due);
  boost::asio::awaitable<std::vector<PendingImage>> find_pending(bool even_if_not_due,
                                                                 std::size_t most_of_a_host);
  boost::asio::awaitable<void> try_all(std::shared_ptr<Queue> queue, bool counts);
  // Whether the picture came, or will never come.
  boost::asio::awaitable<bool> attempt(PendingImage image, bool counts);
  void report_examiner();
  void report_space();
  boost::asio::awaitable<void> wait(std::chrono::milliseconds duration);

  WatchParts& parts_;
  ImageIntake& images_;
  std::function<std::shared_ptr<Source>(std::string_view)> source_of_;
  std::function<bool(std::string_view)> requires_media_;
  boost::asio::steady_timer timer_;
  std::map<std::string, std::weak_ptr<Queue>> queues_;  // By place_of(); expired when through.
  bool cannot_examine_ = false;                         // As it was last reported.
  std::string space_complaint_;                         // The same.
  TaskGroup attempts_;
  TaskGroup tasks_;
};

}  // namespace sightingd
