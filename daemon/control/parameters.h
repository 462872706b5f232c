#pragma once

#include "daemon/api/target.h"
#include "pipeline/result.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace sightingd {

/// The parameters of one request's query, checked. Every failure is Malformed with a sentence
/// that names the parameter and what is allowed.
class Parameters {
 public:
  explicit Parameters(const Target& target) : target_(target) {}

  /// Fails when the query names anything else.
  Result<void> only(std::initializer_list<std::string_view> names) const;
  /// A whole number in [low, high]; nothing when it is not named.
  Result<std::optional<std::uint64_t>> number(std::string_view name, std::uint64_t low,
                                              std::uint64_t high) const;
  /// "", "1" and "true" say yes; "0", "false" and not being named say no.
  Result<bool> flag(std::string_view name) const;
  std::optional<std::string_view> text(std::string_view name) const {
    return target_.parameter(name);
  }

 private:
  const Target& target_;
};

}  // namespace sightingd
