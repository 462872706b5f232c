#pragma once

#include "connectors/connector.h"
#include "connectors/http/http_client.h"
#include "connectors/http/http_options.h"
#include "connectors/http/per_host_http_client.h"
#include "connectors/source_options.h"
#include "daemon/api/status.h"
#include "pipeline/result.h"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <memory>
#include <optional>

namespace sightingd {

/// One configured source at work: its connector, its request budget, and the clients it speaks
/// through. Shared by the watches that read it.
class Source {
 public:
  /// `network` must outlive it; a source with recorded exchanges does not use it.
  /// Fails when those cannot be read.
  static Result<std::unique_ptr<Source>> make(SourceOptions options, HttpClient& network,
                                              boost::asio::any_io_executor executor,
                                              const Clock& clock, std::uint32_t seed);

  const SourceOptions& options() const { return options_; }
  Connector& connector() { return *connector_; }
  /// For pictures: counted and polite to each host, but not part of the API's request budget.
  HttpClient& media() { return *media_; }
  SourceStatus status() const;
  /// How much longer the server wants to be left alone, as it said itself.
  std::chrono::milliseconds held_for() const { return api_->held_for(); }
  /// Obeys what it said earlier, in the run before.
  void hold_for(std::chrono::milliseconds duration) { api_->hold_for(duration); }

  /// Goes on with the request budget of `before`, another configuration of the same server.
  void inherit(const Source& before) { api_->inherit(*before.api_); }
  /// From now on a request waits no longer than this for its turn.
  void wait_at_most(std::chrono::milliseconds duration) { api_->wait_at_most(duration); }

  /// The server's clock minus ours. Absent: it never said.
  std::optional<std::chrono::milliseconds> clock_difference() const {
    return api_->clock_difference();
  }

 private:
  explicit Source(SourceOptions options) : options_(std::move(options)) {}

  SourceOptions options_;
  std::unique_ptr<HttpClient> recorded_;
  std::unique_ptr<BudgetedHttpClient> api_;
  std::unique_ptr<HttpClient> home_;  // What the connector speaks through: `api_` at its origin.
  std::unique_ptr<PerHostHttpClient> media_;
  std::unique_ptr<Connector> connector_;
};

}  // namespace sightingd
