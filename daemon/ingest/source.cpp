#include "daemon/ingest/source.h"

#include "connectors/http/replay_http_client.h"
#include "connectors/http/same_origin_http_client.h"
#include "connectors/registry.h"

#include <random>

namespace sightingd {

Result<std::unique_ptr<Source>> Source::make(SourceOptions options, HttpClient& network,
                                             boost::asio::any_io_executor executor,
                                             const Clock& clock, std::uint32_t seed) {
  std::unique_ptr<Source> source(new Source(std::move(options)));
  const SourceOptions& own = source->options_;
  HttpClient* http = &network;
  if (!own.replay.empty()) {
    auto recorded = ReplayHttpClient::open(own.replay, own.url, clock);
    if (!recorded) {
      return recorded.error();
    }
    source->recorded_ = std::move(*recorded);
    http = source->recorded_.get();
  }
  source->api_ = std::make_unique<BudgetedHttpClient>(
      executor, *http, clock, std::mt19937(seed), BudgetedHttpOptions{.limit = own.request_limit});
  source->home_ = std::make_unique<SameOriginHttpClient>(*source->api_);
  source->media_ = std::make_unique<PerHostHttpClient>(
      executor, *http, clock, std::mt19937(seed + 1), BudgetedHttpOptions{});
  source->connector_ = make_connector(own, *source->home_);
  return source;
}

SourceStatus Source::status() const {
  SourceStatus status;
  status.name = options_.name;
  status.kind = options_.kind;
  status.rate_limit_remaining = api_->remaining();
  status.remark = connector_->remark();
  status.requests_by_code = api_->attempts_by_outcome();
  for (const auto& [outcome, number] : media_->attempts_by_outcome()) {
    status.requests_by_code[outcome] += number;
  }
  return status;
}

}  // namespace sightingd
