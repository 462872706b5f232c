#pragma once

#include "connectors/http/http_client.h"
#include "daemon/ingest/allowance.h"
#include "daemon/ingest/host_places.h"
#include "daemon/ops/counters.h"
#include "examiner/examiner.h"
#include "pipeline/facts.h"
#include "storage/store.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace sightingd {

/// What came of one picture, with the hold on its stored bytes.
struct TakenImage {
  ImageOutcome outcome;
  std::unique_ptr<Store::Staged> staged;  ///< With a Photo only.
  /// Of a FetchFailed: false when it is not for want of the server, which had asked us to wait, or
  /// whose picture nobody could examine. Such a try does not count towards giving up.
  bool is_servers_failure = true;
};

/// The way of one picture from its URL to the staging area of the store: fetched, examined in
/// the sandbox, its stripped bytes staged. Bytes on the way are bounded by one allowance, and so
/// are the requests that one host gets at a time. Some TIFFs may grow beyond it while they are
/// examined.
class ImageIntake {
 public:
  /// So many pictures of one host are fetched at a time. The HTTP client opens four connections to
  /// a host: its API always has one of them.
  static constexpr std::size_t kAtOncePerHost = 3;
  /// So many TIFFs are examined at a time, each of which may grow by 4 MiB.
  static constexpr std::size_t kTiffsAtOnce = 3;

  struct Limits {
    std::uint64_t max_bytes = 20ULL << 20U;
    std::uint64_t in_flight = 48ULL << 20U;
  };

  ImageIntake(boost::asio::any_io_executor executor, Limits limits, Examiner& examiner,
              Store& store, boost::asio::thread_pool& workers, StageDurations& durations);

  /// Takes the picture at `url` through `http`. An empty URL is a fetch that failed. Asks for
  /// nothing while no picture can be examined.
  /// Fails with Storage only.
  boost::asio::awaitable<Result<TakenImage>> take(HttpClient& http, std::string url);

  /// See Examiner.
  std::string cannot_examine() const { return examiner_.cannot_examine(); }

  std::size_t fetching() const { return fetching_; }
  std::size_t examining() const { return examining_; }

 private:
  boost::asio::awaitable<Result<HttpResponse>> fetch(HttpClient& http, std::string url,
                                                     Allowance::Share& share);
  boost::asio::awaitable<Result<TakenImage>> examine(std::string bytes);

  const Limits limits_;
  HostPlaces hosts_;
  Allowance allowance_;
  Allowance growth_;  // Of TIFFs that are being examined.
  Examiner& examiner_;
  Store& store_;
  boost::asio::thread_pool& workers_;
  StageDurations& durations_;
  std::size_t fetching_ = 0;
  std::size_t examining_ = 0;
};

}  // namespace sightingd
