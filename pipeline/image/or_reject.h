#pragma once

#include "pipeline/photo.h"

#include <boost/system/result.hpp>

#include <stdexcept>

namespace sightingd {

/// A value, or the reason why the picture cannot be used.
template <typename T>
using OrReject = boost::system::result<T, RejectReason>;

/// Reached only when `value()` is called on a rejection, which is a bug.
[[noreturn]] inline void throw_exception_from_error(const RejectReason&,
                                                    const boost::source_location&) {
  throw std::logic_error("unchecked rejection of a picture");
}

}  // namespace sightingd
