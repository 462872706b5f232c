#include "connectors/http/per_host_http_client.h"

#include "connectors/http/http_url.h"

#include <algorithm>
#include <utility>

namespace sightingd {
namespace asio = boost::asio;
namespace {

class UnderWay {
 public:
  explicit UnderWay(std::size_t& count) : count_(count) { ++count_; }
  ~UnderWay() { --count_; }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;

 private:
  std::size_t& count_;
};

}  // namespace

struct PerHostHttpClient::Host {
  Host(std::string its_origin, const PerHostHttpClient& all, std::mt19937 random)
      : origin(std::move(its_origin)),
        client(all.executor_, all.http_, all.clock_, random, all.options_) {}

  std::string origin;
  BudgetedHttpClient client;
  std::size_t under_way = 0;
};

PerHostHttpClient::PerHostHttpClient(asio::any_io_executor executor, HttpClient& http,
                                     const Clock& clock, std::mt19937 random,
                                     BudgetedHttpOptions options)
    : executor_(std::move(executor)),
      http_(http),
      clock_(clock),
      random_(random),
      options_(options) {}

PerHostHttpClient::~PerHostHttpClient() = default;

asio::awaitable<Result<HttpResponse>> PerHostHttpClient::send(HttpRequest request) {
  const auto host = host_of(request.url);
  const UnderWay under_way(host->under_way);
  co_return co_await host->client.send(std::move(request));
}

PerHostHttpClient::Hosts::iterator PerHostHttpClient::host_of(const std::string& url) {
  std::string origin = origin_of(url);  // What is no URL is refused below, whichever the client.
  if (const auto known = by_origin_.find(origin); known != by_origin_.end()) {
    hosts_.splice(hosts_.begin(), hosts_, known->second);
    return known->second;
  }
  if (hosts_.size() >= kMostHosts) {
    forget_the_oldest();
  }
  hosts_.emplace_front(origin, *this, std::mt19937(random_()));
  by_origin_.emplace(std::move(origin), hosts_.begin());
  return hosts_.begin();
}

void PerHostHttpClient::forget_the_oldest() {
  const auto idle = std::find_if(hosts_.rbegin(), hosts_.rend(),
                                 [](const Host& host) { return host.under_way == 0; });
  if (idle == hosts_.rend()) {
    return;
  }
  for (const auto& [outcome, number] : idle->client.attempts_by_outcome()) {
    forgotten_attempts_[outcome] += number;
  }
  by_origin_.erase(idle->origin);
  hosts_.erase(std::next(idle).base());
}

std::map<std::string, std::uint64_t> PerHostHttpClient::attempts_by_outcome() const {
  std::map<std::string, std::uint64_t> all = forgotten_attempts_;
  for (const Host& host : hosts_) {
    for (const auto& [outcome, number] : host.client.attempts_by_outcome()) {
      all[outcome] += number;
    }
  }
  return all;
}

}  // namespace sightingd
