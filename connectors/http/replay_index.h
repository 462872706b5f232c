#pragma once

#include "pipeline/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sightingd {

/// One recorded answer.
struct ReplayAnswer {
  long status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  ///< Names in lower case.
  std::string body;
  std::string body_file;  ///< Relative to the directory; empty: `body` holds all.
  /// The request fails instead with this reason of HttpClient::send; empty: it does not.
  std::string_view failure;
};

/// What one request was answered with: each answer in turn, the last one for good.
struct ReplayExchange {
  std::string method = "GET";
  std::string target;  ///< Canonical, see canonical_replay_target.
  /// Only for requests with this bearer token. Absent: for every request.
  std::optional<std::string> token;
  std::vector<ReplayAnswer> answers;  ///< Never empty.
};

/// The content of `exchanges.json`. Exchanges of the same target are in the file's order.
class ReplayIndex {
 public:
  /// Reads the text of `exchanges.json` as docs/replay.md describes it. Fails with Malformed;
  /// the message names the exchange.
  static Result<ReplayIndex> parse(std::string_view json);

  /// The exchange for this request: one recorded with this very token before one recorded
  /// without a token. Null when there is none. `target` is canonical.
  const ReplayExchange* find(std::string_view method, std::string_view target,
                             std::string_view token) const;

 private:
  std::vector<ReplayExchange> exchanges_;  // Sorted by target.
};

/// Two URLs or targets that a server would take for the same give the same text: the fragment
/// dropped, percent-encoding decoded where it means nothing, query parameters sorted.
std::string canonical_replay_target(std::string_view target);

}  // namespace sightingd
