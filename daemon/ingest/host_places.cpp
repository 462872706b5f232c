#include "daemon/ingest/host_places.h"

namespace sightingd {
namespace asio = boost::asio;

HostPlaces::HostPlaces(asio::any_io_executor executor, std::size_t at_once)
    : executor_(std::move(executor)), at_once_(at_once) {}

asio::awaitable<HostPlaces::Place> HostPlaces::take(std::string origin) {
  std::shared_ptr<Allowance> host = host_of(origin);
  Allowance::Share share = co_await host->take(1);
  co_return Place(std::move(host), std::move(share));
}

std::shared_ptr<Allowance> HostPlaces::host_of(const std::string& origin) {
  if (const auto known = hosts_.find(origin); known != hosts_.end()) {
    if (auto host = known->second.lock()) {
      return host;
    }
  }
  std::erase_if(hosts_, [](const auto& host) { return host.second.expired(); });
  auto host = std::make_shared<Allowance>(executor_, at_once_);
  hosts_[origin] = host;
  return host;
}

}  // namespace sightingd
