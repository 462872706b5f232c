#include "connectors/http/same_origin_http_client.h"

#include "connectors/http/http_url.h"

#include <utility>

namespace sightingd {
namespace {

bool have_same_origin(const std::string& one, const std::string& other) {
  const auto first = HttpUrl::parse(one);
  const auto second = HttpUrl::parse(other);
  return first && second && first->has_same_origin(*second);
}

Error refused(std::string message) {
  return {ErrorCode::Malformed, std::move(message), "redirects"};
}

}  // namespace

boost::asio::awaitable<Result<HttpResponse>> SameOriginHttpClient::send(HttpRequest request) {
  if (request.method != "GET" && request.method != "HEAD") {
    co_return co_await http_.send(std::move(request));
  }
  const int most = std::exchange(request.max_redirects, 0);
  for (int followed = 0;; ++followed) {
    HttpRequest hop = request;
    auto response = co_await http_.send(std::move(hop));
    if (!response || response->redirect_target.empty()) {
      co_return response;
    }
    if (followed == most) {
      co_return refused("too many redirects");
    }
    if (!have_same_origin(request.url, response->redirect_target)) {
      co_return refused("the server leads to another address: if it has moved, give its new url");
    }
    request.url = std::move(response->redirect_target);
  }
}

}  // namespace sightingd
