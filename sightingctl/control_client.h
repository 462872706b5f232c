#pragma once

#include "sightingctl/outcome.h"
#include "sightingctl/transport.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sightingd {

/// Asks the control API (docs/api.md). An answer that is no success is a Failure whose sentence
/// is the API's own. Not thread-safe; blocks.
class ControlClient {
 public:
  explicit ControlClient(std::unique_ptr<Transport> transport);
  ~ControlClient();
  ControlClient(ControlClient&&) noexcept;
  ControlClient& operator=(ControlClient&&) = delete;

  /// Each returns the whole body.
  Outcome<std::string> get(const std::string& target);
  Outcome<std::string> post(const std::string& target, std::string_view body = {});

  /// Hands the body on as it comes; `take` says whether it wants more. True when the body came
  /// to its own end.
  using Take = std::function<bool(std::string_view)>;
  Outcome<bool> stream(const std::string& target, const Take& take);
  Outcome<bool> stream_post(const std::string& target, std::string_view body, const Take& take);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sightingd
