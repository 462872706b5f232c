#include "daemon/ops/metrics_endpoint.h"

#include "daemon/http/http_server.h"
#include "daemon/ops/status_page.h"

#include <optional>
#include <string>
#include <utility>

namespace sightingd {
namespace {

namespace asio = boost::asio;

constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

Answer text_answer(unsigned status, std::string sentence) {
  Answer answer;
  answer.status = status;
  answer.content_type = kPlainText;
  answer.body = std::move(sentence) + '\n';
  return answer;
}

asio::awaitable<Answer> ready(Answer answer) { co_return answer; }

asio::awaitable<Answer> metrics(Operations& operations) {
  Result<std::string> text = co_await operations.metrics_text();
  if (!text) {
    co_return text_answer(503, text.error().message);
  }
  Answer answer;
  answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
  answer.body = std::move(*text);
  co_return answer;
}

asio::awaitable<Answer> readiness(Operations& operations) {
  const Result<Status> status = co_await operations.status();
  if (!status) {
    co_return text_answer(503, status.error().message);
  }
  co_return status->ready ? text_answer(200, "ready") : text_answer(503, status->not_ready_reason);
}

asio::awaitable<Answer> page(Operations& operations) {
  const Result<Status> status = co_await operations.status();
  if (!status) {
    co_return text_answer(503, status.error().message);
  }
  Answer answer;
  answer.content_type = "text/html; charset=utf-8";
  answer.body = status_page(*status);
  answer.headers.emplace_back("Content-Security-Policy", status_page_policy());
  co_return answer;
}

}  // namespace

class MetricsEndpoint::Impl final : public HttpService {
 public:
  Impl(asio::io_context& loop, Operations& operations)
      : operations_(operations), server_(loop, *this) {}

  std::size_t max_body_bytes(std::string_view, const Target&) const override { return 0; }

  std::optional<Answer> refusal(const InboundRequest& head) const override {
    if (head.method == "GET") {
      return std::nullopt;
    }
    Answer refusal = text_answer(405, "Only GET and HEAD are answered here.");
    refusal.headers.emplace_back("Allow", "GET, HEAD");
    return refusal;
  }

  bool is_trusted(const Peer&) const override { return false; }

  asio::awaitable<Answer> answer(InboundRequest request) override {
    const std::vector<std::string>& path = request.target.segments;
    if (path.empty()) {
      return page(operations_);
    }
    if (path.size() == 1 && path[0] == "metrics") {
      return metrics(operations_);
    }
    if (path.size() == 1 && path[0] == "healthz") {
      return ready(text_answer(200, "alive"));
    }
    if (path.size() == 1 && path[0] == "readyz") {
      return readiness(operations_);
    }
    return ready(
        text_answer(404, "Here are /metrics, /healthz, /readyz and the status page at /."));
  }

  Result<void> listen(std::string_view address) {
    const auto port = server_.listen_tcp(address);
    if (!port) {
      return port.error();
    }
    port_ = *port;
    return {};
  }

  std::uint16_t port() const { return port_; }
  HttpServer& server() { return server_; }

 private:
  Operations& operations_;
  HttpServer server_;
  std::uint16_t port_ = 0;
};

MetricsEndpoint::MetricsEndpoint(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

MetricsEndpoint::~MetricsEndpoint() = default;

Result<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::listen(asio::io_context& loop,
                                                                 std::string_view address,
                                                                 Operations& operations) {
  auto impl = std::make_unique<Impl>(loop, operations);
  if (const auto listening = impl->listen(address); !listening) {
    return listening.error();
  }
  return std::unique_ptr<MetricsEndpoint>(new MetricsEndpoint(std::move(impl)));
}

std::uint16_t MetricsEndpoint::port() const { return impl_->port(); }

asio::awaitable<void> MetricsEndpoint::stop() { return impl_->server().stop(); }

}  // namespace sightingd
