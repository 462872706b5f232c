#pragma once

#include "daemon/control/access.h"
#include "daemon/control/audited.h"
#include "daemon/control/control_server.h"
#include "daemon/control/feed_signal.h"
#include "daemon/http/message.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sightingd {

/// A request that has found its route and may take it.
struct Call {
  InboundRequest request;
  std::string argument;        ///< The segment that stands where the pattern says "*".
  Audited* audited = nullptr;  ///< With a route that is audited; lives until the answer is there.
};

/// Answers on a worker thread: it may read the store.
using BlockingHandler = std::function<Answer(const Call&)>;
/// Answers on the event loop: it must not block.
using AsyncHandler = std::function<boost::asio::awaitable<Answer>(Call)>;

/// One row of the API.
struct Route {
  std::string_view method;
  std::string_view pattern;  ///< "/v1/photos/*"; at most one "*", for a whole segment.
  Access needs = Access::Operate;
  std::variant<BlockingHandler, AsyncHandler> handler;
  std::size_t max_body_bytes = 0;
  /// What the answer is noted as before it is given, when the handler says that it happened.
  std::optional<AuditKind> audits = {};
};

/// The argument as a whole number; nothing when it is none.
std::optional<std::uint64_t> number_argument(const Call& call);

/// What a request's method and target lead to.
struct RouteMatch {
  const Route* route = nullptr;  ///< Null when nothing has this path and method.
  std::string argument;
  std::string allowed_methods;  ///< "GET, POST": of the path, whatever the method; empty: none.
};
RouteMatch find_route(const std::vector<Route>& routes, std::string_view method,
                      const Target& target);

/// The error as the API tells it.
Answer answer_of(const Error& error);

/// Each group of routes adds its rows.
void add_status_routes(std::vector<Route>& routes, ControlParts parts);
void add_feed_routes(std::vector<Route>& routes, ControlParts parts, FeedSignal signal);
void add_sighting_routes(std::vector<Route>& routes, ControlParts parts);
void add_similar_routes(std::vector<Route>& routes, ControlParts parts);
void add_coverage_routes(std::vector<Route>& routes, ControlParts parts);
void add_watch_routes(std::vector<Route>& routes, ControlParts parts);
void add_erase_routes(std::vector<Route>& routes, ControlParts parts);
void add_refusal_routes(std::vector<Route>& routes, ControlParts parts);
void add_audit_routes(std::vector<Route>& routes, ControlParts parts);
void add_backup_routes(std::vector<Route>& routes, ControlParts parts);
void add_check_routes(std::vector<Route>& routes, ControlParts parts);
void add_key_routes(std::vector<Route>& routes, ControlParts parts);

}  // namespace sightingd
