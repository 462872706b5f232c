#pragma once

#include "pipeline/digest.h"

#include <memory>
#include <string_view>

namespace sightingd {

/// The SHA-256 of bytes that come piece by piece.
class RunningDigest {
 public:
  RunningDigest();
  ~RunningDigest();
  RunningDigest(RunningDigest&&) noexcept;

  void add(std::string_view bytes);
  /// Of all that was added. Once.
  Sha256 finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace sightingd
