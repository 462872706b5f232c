#include "daemon/control/route.h"

#include <charconv>
#include <system_error>

namespace sightingd {
namespace {

// The argument that `pattern` takes from `target`; nothing when they differ.
std::optional<std::string> match(std::string_view pattern, const Target& target) {
  std::string argument;
  for (const std::string& segment : target.segments) {
    if (pattern.empty()) {
      return std::nullopt;
    }
    pattern.remove_prefix(1);  // The slash.
    const std::string_view expected = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(expected.size());
    if (expected == "*") {
      argument = segment;
    } else if (expected != segment) {
      return std::nullopt;
    }
  }
  return pattern.empty() ? std::optional(argument) : std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> number_argument(const Call& call) {
  std::uint64_t number = 0;
  const char* const end = call.argument.data() + call.argument.size();
  const auto [rest, error] = std::from_chars(call.argument.data(), end, number);
  return error == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

RouteMatch find_route(const std::vector<Route>& routes, std::string_view method,
                      const Target& target) {
  RouteMatch found;
  for (const Route& route : routes) {
    auto argument = match(route.pattern, target);
    if (!argument) {
      continue;
    }
    found.allowed_methods +=
        (found.allowed_methods.empty() ? "" : ", ") + std::string(route.method);
    if (route.method == method) {
      found.route = &route;
      found.argument = std::move(*argument);
    }
  }
  return found;
}

Answer answer_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::Unavailable:
      return error.reason == "no-daemon" ? error_answer(503, "no_daemon", error.message)
                                         : error_answer(503, "unavailable", error.message);
    case ErrorCode::RateLimited:
      return error_answer(503, "busy", error.message);
    case ErrorCode::Forbidden:
      return error_answer(403, "forbidden", error.message);
    case ErrorCode::Gone:
      return error_answer(404, "not_found", error.message);
    case ErrorCode::Malformed:
      return error_answer(400, "bad_request", error.message);
    case ErrorCode::TooLarge:
      return error_answer(413, "too_large", error.message);
    case ErrorCode::Storage:
      return error_answer(500, "storage", error.message);
  }
  return error_answer(500, "storage", error.message);
}

}  // namespace sightingd
