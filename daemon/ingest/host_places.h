#pragma once

#include "daemon/ingest/allowance.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace sightingd {

/// So many requests for pictures go to one origin at a time, whichever watches want them. Who waits
/// here holds nothing else and its request's time does not run yet: a slow host keeps only its own
/// pictures waiting. First come, first served. One strand.
class HostPlaces {
 public:
  /// Given back when it is destroyed.
  class Place {
   public:
    Place(std::shared_ptr<Allowance> host, Allowance::Share share)
        : host_(std::move(host)), share_(std::move(share)) {}
    Place(Place&&) noexcept = default;
    Place& operator=(Place&&) = delete;

   private:
    std::shared_ptr<Allowance> host_;  // Must outlive the share of it.
    Allowance::Share share_;
  };

  HostPlaces(boost::asio::any_io_executor executor, std::size_t at_once);

  /// Waits for a place at `origin`.
  boost::asio::awaitable<Place> take(std::string origin);

  /// Origins at which somebody has a place or waits for one.
  std::size_t hosts() const { return hosts_.size(); }

 private:
  std::shared_ptr<Allowance> host_of(const std::string& origin);

  boost::asio::any_io_executor executor_;
  const std::size_t at_once_;
  std::map<std::string, std::weak_ptr<Allowance>> hosts_;
};

}  // namespace sightingd
