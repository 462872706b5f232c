#pragma once

#include "connectors/http/http_client.h"
#include "connectors/http/replay_index.h"
#include "pipeline/time.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>

namespace sightingd {

/// Answers from recorded exchanges instead of the network: demos and tests of any connector.
///
/// The directory holds `exchanges.json` and the files that it names; docs/replay.md describes
/// them. Nothing outside the directory is read. A request that was not recorded is answered
/// with 404, as by a server that does not know it. Redirects are not followed: record what
/// stood at their end. Files are read when they are asked for, on the calling thread.
class ReplayHttpClient final : public HttpClient {
 public:
  /// `origin` is the source's URL (scheme, host and port): recorded targets that begin with '/'
  /// belong to it. `clock` gives the answers their `Date` and must outlive the client.
  ///
  /// Fails with Malformed when `exchanges.json` is missing, too large or not as described; the
  /// message names the place.
  static Result<std::unique_ptr<ReplayHttpClient>> open(const std::filesystem::path& directory,
                                                        std::string origin, const Clock& clock);

  boost::asio::awaitable<Result<HttpResponse>> send(HttpRequest request) override;

 private:
  ReplayHttpClient(std::filesystem::path directory, ReplayIndex index, std::string origin,
                   const Clock& clock);

  Result<HttpResponse> answer(const HttpRequest& request);
  Result<std::string> body_of(const ReplayAnswer& answer, std::size_t limit) const;

  std::filesystem::path directory_;
  ReplayIndex index_;
  std::string origin_;
  const Clock& clock_;
  std::map<const ReplayExchange*, std::size_t> turns_;  // Which answer comes next.
};

}  // namespace sightingd
