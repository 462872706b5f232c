#include "daemon/ingest/clock_check.h"

#include <algorithm>
#include <cstddef>

namespace sightingd {
namespace {

bool is_far(std::chrono::milliseconds difference) {
  return std::chrono::abs(difference) > kClocksAgree;
}

}  // namespace

std::string clock_complaint(const std::vector<std::chrono::milliseconds>& differences,
                            std::chrono::milliseconds drift) {
  if (is_far(drift)) {
    return "the clock was set by more than an hour while this program ran: restart it when the "
           "time is right";
  }
  const auto far = static_cast<std::size_t>(std::ranges::count_if(differences, is_far));
  if (far > 0 && far * 2 >= differences.size()) {
    return "the clock is more than an hour away from those of the sources: set it right";
  }
  return {};
}

}  // namespace sightingd
