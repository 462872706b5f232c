#pragma once

#include "daemon/ingest/patience.h"
#include "daemon/ingest/source.h"
#include "daemon/ingest/task_group.h"
#include "daemon/ingest/watch_loop.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace sightingd {

/// Asks again, some minutes later, about posts that were once found gone: a second "gone" erases
/// them, anything else brings them back.
class SecondLook {
 public:
  /// `source_of` finds a source by its URL, or null when it is configured no more.
  SecondLook(WatchParts& parts, std::function<std::shared_ptr<Source>(std::string_view)> source_of);

  /// Looks every minute, for good.
  void start();
  /// Looks once at what is due.
  boost::asio::awaitable<void> look();

  void stop();
  boost::asio::awaitable<void> stopped();

 private:
  boost::asio::awaitable<void> run();

  WatchParts& parts_;
  std::function<std::shared_ptr<Source>(std::string_view)> source_of_;
  boost::asio::steady_timer timer_;
  std::map<std::string, Patience> patience_;  // By the source's URL; meanwhile posts stay hidden.
  TaskGroup tasks_;
};

}  // namespace sightingd
