#include "connectors/mastodon/mastodon_error.h"

namespace sightingd {
namespace {

std::chrono::milliseconds asked_wait(const HttpResponse& response) {
  // Every answer says when its window ends; only a refusal asks us to wait for it.
  if (response.status == 429 || !response.header("retry-after").empty()) {
    return response.rate_limit.wait.value_or(std::chrono::milliseconds(0));
  }
  return std::chrono::milliseconds(0);
}

Error server_error(const HttpResponse& response) {
  return {ErrorCode::Unavailable, "the server failed", "server_error", asked_wait(response)};
}

}  // namespace

std::optional<Error> find_error(const HttpResponse& response) {
  switch (response.status) {
    case 200:
      return std::nullopt;
    case 401:
      return Error{ErrorCode::Forbidden, "the server wants a token, or does not know this one",
                   "unauthorized"};
    case 403:
      return Error{ErrorCode::Forbidden, "the server refuses this token or this address",
                   "forbidden"};
    case 404:
      return Error{ErrorCode::Gone, "the server does not have what was asked for", "not_found"};
    case 408:
      return server_error(response);
    case 410:
      return Error{ErrorCode::Gone, "the server had it once and does not any more", "gone"};
    case 418:
      return Error{ErrorCode::Forbidden, "the server refuses this program", "refused"};
    // "This method requires an authenticated user": a closed server (README.md).
    case 422:
      return Error{ErrorCode::Forbidden, "the server wants the token of a user", "auth_required"};
    case 429:
      return Error{ErrorCode::RateLimited, "the server asks to wait", "rate_limited",
                   asked_wait(response)};
    default:
      break;
  }
  if (response.status >= 500 && response.status <= 599) {
    return server_error(response);
  }
  return Error{ErrorCode::Malformed,
               "the server answers with the unexpected status " + std::to_string(response.status),
               "unexpected_status"};
}

}  // namespace sightingd
