#include "daemon/control/parameters.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace sightingd {
namespace {

Error malformed(std::string message) { return {ErrorCode::Malformed, std::move(message)}; }

}  // namespace

Result<void> Parameters::only(std::initializer_list<std::string_view> names) const {
  for (const auto& [name, value] : target_.query) {
    if (std::ranges::find(names, name) == names.end()) {
      std::string allowed;
      for (const std::string_view known : names) {
        allowed += (allowed.empty() ? "" : ", ") + std::string(known);
      }
      return malformed("There is an unknown parameter in the query (allowed: " +
                       (allowed.empty() ? "none" : allowed) + ").");
    }
  }
  return {};
}

Result<std::optional<std::uint64_t>> Parameters::number(std::string_view name, std::uint64_t low,
                                                        std::uint64_t high) const {
  const auto digits = target_.parameter(name);
  if (!digits) {
    return std::optional<std::uint64_t>();
  }
  std::uint64_t value = 0;
  const char* end = digits->data() + digits->size();
  const auto parsed = std::from_chars(digits->data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end || value < low || value > high) {
    return malformed("'" + std::string(name) + "' must be a whole number from " +
                     std::to_string(low) + " to " + std::to_string(high) + ".");
  }
  return std::optional(value);
}

Result<bool> Parameters::flag(std::string_view name) const {
  const auto value = target_.parameter(name);
  if (!value || *value == "0" || *value == "false") {
    return false;
  }
  if (value->empty() || *value == "1" || *value == "true") {
    return true;
  }
  return malformed("'" + std::string(name) + "' must be 1 or 0.");
}

}  // namespace sightingd
