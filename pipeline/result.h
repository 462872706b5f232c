#pragma once

#include <boost/system/result.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sightingd {

/// Why an operation failed, coarse enough that a caller can decide what to do next.
enum class ErrorCode {
  Unavailable,  ///< The other side is down or slow. Retry later.
  RateLimited,  ///< The other side asked us to wait.
  Forbidden,    ///< Credentials are missing, wrong or revoked. An operator must act.
  Gone,         ///< It existed and does not any more. Forget it.
  Malformed,    ///< The input cannot be understood. Retrying will not help.
  TooLarge,     ///< The input exceeds a configured limit.
  Storage,      ///< The local database failed.
};

/// An expected failure. `message` is written for an operator and never holds post
/// text, account names, coordinates or credentials.
struct Error {
  ErrorCode code = ErrorCode::Unavailable;
  std::string message;
  /// Names the kind of failure in metrics and status. A string literal from a closed
  /// set; empty where the code alone says all.
  std::string_view reason = {};
  /// How long the other side asked us to wait; zero when it did not say.
  std::chrono::milliseconds retry_after{0};
};

/// A value, or the reason there is none. Exceptions are kept for bugs.
template <typename T>
using Result = boost::system::result<T, Error>;

/// Reached only when `value()` is called on a failed Result, which is a bug.
[[noreturn]] inline void throw_exception_from_error(const Error& error,
                                                    const boost::source_location&) {
  throw std::logic_error("unchecked Result: " + error.message);
}

}  // namespace sightingd
