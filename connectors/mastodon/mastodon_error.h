#pragma once

#include "connectors/http/http_client.h"
#include "pipeline/result.h"

#include <optional>

namespace sightingd {

/// What an answer of a Mastodon server other than 200 means; nothing for a 200. README.md lists
/// the reasons.
std::optional<Error> find_error(const HttpResponse& response);

}  // namespace sightingd
