#pragma once

#include "pipeline/photo.h"
#include "pipeline/result.h"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace sightingd {

/// Takes the bytes of a picture and says what is in them, without a byte of theirs being
/// parsed in this process.
class Examiner {
 public:
  virtual ~Examiner() = default;

  Examiner(const Examiner&) = delete;
  Examiner& operator=(const Examiner&) = delete;

  /// A crash, hang or over-use of the examining process is a RejectReason, not a failure.
  /// Fails with Unavailable only when the system lacks processes or memory for it. Waits for a free
  /// process; cancelling gives the place up.
  virtual boost::asio::awaitable<Result<Examination>> examine(std::string bytes) = 0;

  /// Why no picture can be examined as things are, as a sentence: examine() would fail. Empty when
  /// one can. It may pass by itself.
  virtual std::string cannot_examine() const = 0;

 protected:
  Examiner() = default;
};

}  // namespace sightingd
