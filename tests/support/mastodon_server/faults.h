#pragma once

#include "tests/support/mastodon_server/http_server.h"

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace sightingd::test::mastodon {

/// What a real server or the way to it may do to any request.
enum class Fault : std::uint8_t {
  InternalError,  ///< 500.
  Unavailable,    ///< 503 with Retry-After.
  RateLimited,    ///< 429 with the time of the reset.
  Reset,
  Truncated,
  Garbage,  ///< 200 and random bytes.
  HtmlPage,
  SlowDrip,
  EmptyBody,
  RedirectLoop,
};
inline constexpr std::array kAllFaults = {
    Fault::InternalError, Fault::Unavailable, Fault::RateLimited, Fault::Reset,
    Fault::Truncated,     Fault::Garbage,     Fault::HtmlPage,    Fault::SlowDrip,
    Fault::EmptyBody,     Fault::RedirectLoop};
std::string_view to_text(Fault fault);

/// Decides which requests fail, and how. The n-th request of one target has the same fate in
/// every run with the same seed, in whatever order requests come. Safe from any thread.
class FaultPlan {
 public:
  explicit FaultPlan(std::uint64_t seed) : seed_(seed) {}

  /// From 0 (none) to 1 (every request).
  void set_rate(double rate);

  /// The fate of one more request of `target`; counts it.
  std::optional<Fault> draw(const std::string& target);

  /// How often each fault was dealt out.
  std::map<std::string, std::uint64_t> counts() const;

 private:
  const std::uint64_t seed_;
  mutable std::mutex mutex_;
  double rate_ = 0;
  std::map<std::string, std::uint64_t> attempts_;
  std::array<std::uint64_t, kAllFaults.size()> dealt_{};
};

/// What becomes of `whole`, the answer that the request should have had.
Answer spoil(Answer whole, Fault fault);

/// The path that only ever leads to itself.
inline constexpr std::string_view kLoopPath = "/_loop";
Answer redirect_to(std::string location);

}  // namespace sightingd::test::mastodon
