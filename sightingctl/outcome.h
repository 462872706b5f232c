#pragma once

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace sightingd {

/// How `sightingctl` ends: the table of exit codes in sightingctl(1).
enum class ExitCode {
  Done = 0,
  No = 1,  ///< The answer is no: invalid, not found.
  Usage = 2,
  NoDaemon = 3,
  NoStore = 4,  ///< The store can't be opened.
  NotAllowed = 5,
  CursorTooOld = 6,
  Bug = 70,
};

/// Why a command could not do what it was asked, for the operator.
struct Failure {
  Failure() = default;
  // A constructor, because an aggregate would count as made from an ExitCode alone, and an
  // Outcome<ExitCode> could not tell its two sides apart.
  Failure(ExitCode the_code, std::string the_sentence)
      : code(the_code), sentence(std::move(the_sentence)) {}

  ExitCode code = ExitCode::Bug;
  std::string sentence;  ///< Says what to do next.
};

template <typename T>
using Outcome = boost::system::result<T, Failure>;

/// Reached only when `value()` is called on a failed Outcome, which is a bug.
[[noreturn]] inline void throw_exception_from_error(const Failure& failure,
                                                    const boost::source_location&) {
  throw std::logic_error("unchecked Outcome: " + failure.sentence);
}

}  // namespace sightingd
