#include "daemon/api/human_text.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace sightingd {

std::string duration_text(std::chrono::seconds duration) {
  const auto count = std::max<std::chrono::seconds::rep>(duration.count(), 0);
  if (count < 120) {
    return std::to_string(count) + " s";
  }
  if (count < 120 * 60) {
    return std::to_string(count / 60) + " min";
  }
  if (count < 48 * 3'600) {
    return std::to_string(count / 3'600) + " h";
  }
  return std::to_string(count / 86'400) + " d";
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; bytes >= 10'240 && unit + 1 < kUnits.size(); ++unit) {
    bytes /= 1'024;
  }
  return std::to_string(bytes) + ' ' + std::string(kUnits[unit]);
}

std::string percent_text(double ratio) {
  const auto tenths = static_cast<int>(std::clamp(ratio, 0.0, 1.0) * 1'000);
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " %";
}

}  // namespace sightingd
