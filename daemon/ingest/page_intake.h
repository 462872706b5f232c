#pragma once

#include "connectors/connector.h"
#include "connectors/http/http_client.h"
#include "daemon/ingest/image_intake.h"
#include "daemon/ingest/task_group.h"
#include "pipeline/facts.h"
#include "storage/store.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace sightingd {

/// A page with everything that its decision needs.
struct TakenPage {
  PageFacts facts;
  std::vector<std::unique_ptr<Store::Staged>> staged;
};

/// Turns a page of posts into facts: asks the store which posts it has, and takes the pictures of
/// the others, all at once as far as the allowance of bytes goes.
class PageIntake {
 public:
  /// `patience`: how long a page waits for its pictures.
  PageIntake(Store& store, boost::asio::thread_pool& workers, ImageIntake& images,
             std::chrono::milliseconds patience);

  /// `heading` holds what does not come from the page: watch, source, policy, time.
  /// `tasks` runs the fetches. A picture that outlasts the patience counts as one that could not be
  /// fetched, and is tried again later. Fails with Storage only.
  boost::asio::awaitable<Result<TakenPage>> take(PageFacts heading, Page page, HttpClient& media,
                                                 TaskGroup& tasks);

 private:
  boost::asio::awaitable<Result<std::vector<KnownPost>>> known(const std::string& watch_name,
                                                               const std::vector<Post>& posts);

  Store& store_;
  boost::asio::thread_pool& workers_;
  ImageIntake& images_;
  const std::chrono::milliseconds patience_;
};

}  // namespace sightingd
