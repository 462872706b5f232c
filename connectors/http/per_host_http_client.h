#pragma once

#include "connectors/http/budgeted_http_client.h"
#include "connectors/http/http_client.h"
#include "pipeline/time.h"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <list>
#include <map>
#include <random>
#include <string>

namespace sightingd {

/// Gives every origin (scheme, host and port) a BudgetedHttpClient of its own, so that what one of
/// them asks for, a 429 or a long `Retry-After`, holds back the requests to it alone: pictures lie
/// on hosts that strangers choose.
///
/// Remembers kMostHosts origins, those used last; one that has a request under way is never
/// forgotten. Not thread-safe; use it from the executor.
class PerHostHttpClient final : public HttpClient {
 public:
  static constexpr std::size_t kMostHosts = 256;

  /// `http` and `clock` must outlive the client. `random` gives the jitter.
  PerHostHttpClient(boost::asio::any_io_executor executor, HttpClient& http, const Clock& clock,
                    std::mt19937 random, BudgetedHttpOptions options);
  ~PerHostHttpClient() override;

  /// As BudgetedHttpClient::send.
  boost::asio::awaitable<Result<HttpResponse>> send(HttpRequest request) override;

  /// Every attempt so far at any host, by status ("200") or by reason of failure ("timeout").
  std::map<std::string, std::uint64_t> attempts_by_outcome() const;

  std::size_t hosts() const { return hosts_.size(); }

 private:
  struct Host;
  using Hosts = std::list<Host>;  // Used last comes first.

  Hosts::iterator host_of(const std::string& url);
  void forget_the_oldest();

  boost::asio::any_io_executor executor_;
  HttpClient& http_;
  const Clock& clock_;
  std::mt19937 random_;
  BudgetedHttpOptions options_;
  Hosts hosts_;
  std::map<std::string, Hosts::iterator> by_origin_;
  std::map<std::string, std::uint64_t> forgotten_attempts_;
};

}  // namespace sightingd
