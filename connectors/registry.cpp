#include "connectors/registry.h"

#include "connectors/mastodon/mastodon_connector.h"

#include <algorithm>
#include <stdexcept>

namespace sightingd {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr ConnectorKind kKinds[] = {
    {.name = "mastodon",
     .available = true,
     .default_limit = {300, minutes(15)},
     .limit_source = "mastodon config/initializers/rack_attack.rb, throttle_*_paging"},
    {.name = "misskey",
     .default_limit = {60, minutes(15)},
     .limit_source = "none documented for reads; a modest pace of our own"},
    {.name = "bluesky",
     .default_limit = {3000, minutes(5)},
     .limit_source = "docs.bsky.app/docs/advanced-guides/rate-limits, by address"},
    {.name = "weibo",
     .default_limit = {100, hours(24)},
     .limit_source = "open.weibo.com/wiki/Rate-limiting, per authorised user and app"},
    {.name = "x",
     .default_limit = {450, minutes(15)},
     .limit_source = "docs.x.com/x-api/fundamentals/rate-limits, recent search by app"},
    {.name = "feed",
     .default_limit = {60, minutes(15)},
     .limit_source = "none documented; a modest pace of our own"},
    {.name = "json",
     .default_limit = {60, minutes(15)},
     .limit_source = "none documented; a modest pace of our own"},
};

}  // namespace

std::span<const ConnectorKind> connector_kinds() { return kKinds; }

std::optional<ConnectorKind> find_connector_kind(std::string_view name) {
  const auto* found = std::ranges::find(kKinds, name, &ConnectorKind::name);
  if (found == std::end(kKinds)) {
    return std::nullopt;
  }
  return *found;
}

std::unique_ptr<Connector> make_connector(const SourceOptions& options, HttpClient& http) {
  if (options.kind == "mastodon") {
    return std::make_unique<MastodonConnector>(options, http);
  }
  throw std::invalid_argument("this kind of source cannot be read");
}

}  // namespace sightingd
