#pragma once

#include "connectors/http/http_client.h"

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sightingd::test {

/// Answers from a script, at once; with 200 when the script has ended.
class ScriptedHttpClient final : public HttpClient {
 public:
  boost::asio::awaitable<Result<HttpResponse>> send(HttpRequest request) override {
    requests.push_back(std::move(request));
    if (script.empty()) {
      HttpResponse fine;
      fine.status = 200;
      co_return fine;
    }
    auto next = std::move(script.front());
    script.pop_front();
    co_return next;
  }

  void will_answer(long status, std::vector<std::pair<std::string, std::string>> headers = {},
                   RateLimit limit = {}) {
    HttpResponse response;
    response.status = status;
    response.headers = std::move(headers);
    response.rate_limit = limit;
    script.emplace_back(std::move(response));
  }

  void will_lead_to(std::string target) {
    HttpResponse response;
    response.status = 302;
    response.redirect_target = std::move(target);
    script.emplace_back(std::move(response));
  }

  void will_fail(ErrorCode code, std::string_view reason) {
    script.emplace_back(Error{code, "scripted", reason});
  }

  std::deque<Result<HttpResponse>> script;
  std::vector<HttpRequest> requests;
};

}  // namespace sightingd::test
