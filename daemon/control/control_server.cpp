#include "daemon/control/control_server.h"

#include "daemon/audit/note.h"
#include "daemon/control/access.h"
#include "daemon/control/feed_signal.h"
#include "daemon/control/listening_socket.h"
#include "daemon/control/route.h"
#include "daemon/http/http_server.h"
#include "daemon/workers/on_worker.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>

namespace sightingd {
namespace {

namespace asio = boost::asio;

std::vector<Route> all_routes(const ControlParts& parts, const FeedSignal& signal) {
  std::vector<Route> routes;
  add_status_routes(routes, parts);
  add_feed_routes(routes, parts, signal);
  add_sighting_routes(routes, parts);
  add_similar_routes(routes, parts);
  add_coverage_routes(routes, parts);
  add_watch_routes(routes, parts);
  add_erase_routes(routes, parts);
  add_refusal_routes(routes, parts);
  add_key_routes(routes, parts);
  add_audit_routes(routes, parts);
  add_backup_routes(routes, parts);
  add_check_routes(routes, parts);
  return routes;
}

asio::awaitable<Answer> run_blocking(asio::thread_pool& workers, const BlockingHandler& handler,
                                     Call call) {
  co_return co_await on_worker(workers, [&] { return handler(call); });
}

}  // namespace

class ControlServer::Impl final : public HttpService {
 public:
  Impl(asio::io_context& loop, const ControlParts& parts, const ControlGroups& groups)
      : parts_(parts),
        signal_(loop),
        routes_(all_routes(parts, signal_)),
        rules_(geteuid(), groups.readers, groups.operators),
        server_(loop, *this, limits()) {}

  std::size_t max_body_bytes(std::string_view method, const Target& target) const override {
    const RouteMatch match = find_route(routes_, method, target);
    return match.route == nullptr ? 0 : match.route->max_body_bytes;
  }

  std::optional<Answer> refusal(const InboundRequest& head) const override {
    const RouteMatch match = find_route(routes_, head.method, head.target);
    const Access access = head.peer ? rules_.access_of(*head.peer) : Access::None;
    if (access < (match.route == nullptr ? Access::Read : match.route->needs)) {
      note_denial(head, match.route);
      return forbidden(access);
    }
    if (match.route == nullptr) {
      return no_such_route(match);
    }
    return std::nullopt;
  }

  bool is_trusted(const Peer& peer) const override {
    return rules_.access_of(peer) == Access::Operate;
  }

  asio::awaitable<Answer> answer(InboundRequest request) override {
    RouteMatch match = find_route(routes_, request.method, request.target);
    Call call{std::move(request), std::move(match.argument)};
    return match.route->audits ? audited(*match.route, std::move(call))
                               : handle(*match.route, std::move(call));
  }

  HttpServer& server() { return server_; }
  FeedSignal& signal() { return signal_; }
  std::vector<std::string>& warnings() { return warnings_; }

  void own(std::filesystem::path path) { path_ = std::move(path); }
  void remove_socket() {
    std::error_code ignored;
    std::filesystem::remove(std::exchange(path_, {}), ignored);
  }

 private:
  asio::awaitable<Answer> handle(const Route& route, Call call) {
    if (const auto* blocking = std::get_if<BlockingHandler>(&route.handler)) {
      return run_blocking(parts_.workers, *blocking, std::move(call));
    }
    return std::get<AsyncHandler>(route.handler)(std::move(call));
  }

  // Nothing is given out that is not in the log.
  asio::awaitable<Answer> audited(const Route& route, Call call) {
    Audited audited;
    audited.event = event_of(*route.audits, call.request.peer, &route);
    call.audited = &audited;
    Answer answer = co_await handle(route, std::move(call));
    if (!audited.has_happened) {
      co_return answer;
    }
    const Result<void> noted = co_await note(parts_.store.audit(), std::move(audited.event));
    if (!noted) {
      co_return answer_of(noted.error());
    }
    co_return answer;
  }

  void note_denial(const InboundRequest& head, const Route* route) const {
    AuditEvent event = event_of(AuditKind::AccessDenied, head.peer, route);
    event.count = 1;
    parts_.store.audit().note_denial(std::move(event));
  }

  AuditEvent event_of(AuditKind kind, const std::optional<Peer>& peer, const Route* route) const {
    AuditEvent event{.kind = kind, .time = parts_.clock.now()};
    event.peer = audit_peer(peer);
    if (route != nullptr) {
      event.route = std::string(route->method) + " " + std::string(route->pattern);
    }
    return event;
  }

  static HttpServerOptions limits() {
    HttpServerOptions options;
    options.kept_for_trusted = 8;
    return options;
  }

  static Answer forbidden(Access access) {
    return error_answer(403, "forbidden",
                        access == Access::Read
                            ? "Only root and the groups of [control] operators may change things."
                            : std::string("Only root, the members of the group ") + kReaderGroup +
                                  " and the groups of [control] operators may read.");
  }

  static Answer no_such_route(const RouteMatch& match) {
    if (match.allowed_methods.empty()) {
      return error_answer(404, "no_such_route", "There is nothing at this path; see docs/api.md.");
    }
    Answer answer =
        error_answer(405, "no_such_method", "This path takes " + match.allowed_methods + " only.");
    answer.headers.emplace_back("Allow", match.allowed_methods);
    return answer;
  }

  ControlParts parts_;
  FeedSignal signal_;
  std::vector<Route> routes_;
  AccessRules rules_;
  std::vector<std::string> warnings_;
  std::filesystem::path path_;  // Of the socket that is ours to remove.
  HttpServer server_;
};

ControlServer::ControlServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ControlServer::~ControlServer() { impl_->remove_socket(); }

Result<std::unique_ptr<ControlServer>> ControlServer::listen(asio::io_context& loop,
                                                             const ControlOptions& options,
                                                             ControlParts parts) {
  const ControlGroups groups = find_control_groups(options.operators);
  const Result<ListeningSocket> socket = listen_at(options.socket, groups.of_socket());
  if (!socket) {
    return socket.error();
  }
  auto impl = std::make_unique<Impl>(loop, parts, groups);
  impl->own(options.socket);
  if (!groups.missing.empty()) {
    impl->warnings().push_back("no such group: " + groups.missing +
                               "; the control socket has mode 0600");
  } else if (!socket->is_group_open) {
    impl->warnings().push_back(std::string("the control socket cannot be given to the group ") +
                               kReaderGroup + "; it has mode 0600");
  }
  if (const auto accepting = impl->server().accept_unix(socket->descriptor); !accepting) {
    close(socket->descriptor);
    return accepting.error();
  }
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(impl)));
}

Result<std::unique_ptr<ControlServer>> ControlServer::adopt(asio::io_context& loop, int descriptor,
                                                            const ControlOptions& options,
                                                            ControlParts parts) {
  auto impl = std::make_unique<Impl>(loop, parts, find_control_groups(options.operators));
  if (const auto serving = impl->server().serve_unix(descriptor); !serving) {
    return serving.error();
  }
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(impl)));
}

const std::vector<std::string>& ControlServer::warnings() const { return impl_->warnings(); }

void ControlServer::wake_followers() { impl_->signal().ring(); }

asio::awaitable<void> ControlServer::finished() { return impl_->server().finished(); }

asio::awaitable<void> ControlServer::stop() {
  impl_->remove_socket();
  impl_->signal().stop();
  co_await impl_->server().stop();
}

}  // namespace sightingd
