#include "pipeline/image/format/jpeg/jpeg_scans.h"

#include "pipeline/image/format/bytes.h"
#include "pipeline/image/format/jpeg/jpeg_markers.h"

#include <algorithm>

namespace sightingd {
namespace {

constexpr std::size_t kFrameHeader = 6;
constexpr std::size_t kMostSampling = 4;

std::uint64_t divided(std::uint64_t value, std::uint64_t by) { return (value + by - 1) / by; }

}  // namespace

std::optional<JpegScans> JpegScans::of_frame(std::uint8_t code, std::string_view content) {
  JpegScans frame;
  frame.is_progressive_ = code == jpeg::kSof2 || code == jpeg::kSof10;
  frame.is_arithmetic_ = code == jpeg::kSof9 || code == jpeg::kSof10;
  frame.height_ = big16(content, 1);
  frame.width_ = big16(content, 3);
  const std::size_t count = byte_at(content, 5);
  if (frame.height_ == 0 || frame.width_ == 0 || count == 0 ||
      content.size() != kFrameHeader + 3 * count) {
    return std::nullopt;
  }
  std::uint64_t most_across = 1;
  std::uint64_t most_down = 1;
  const auto sampling = [&](std::size_t i) { return byte_at(content, kFrameHeader + 3 * i + 1); };
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t across = sampling(i) >> 4U;
    const std::uint64_t down = sampling(i) & 15U;
    if (across == 0 || across > kMostSampling || down == 0 || down > kMostSampling) {
      return std::nullopt;
    }
    most_across = std::max(most_across, across);
    most_down = std::max(most_down, down);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = kFrameHeader + 3 * i;
    // T.81, A.1.1 and A.2.4.
    const std::uint64_t columns = divided(frame.width_ * (sampling(i) >> 4U), 8 * most_across);
    const std::uint64_t rows = divided(frame.height_ * (sampling(i) & 15U), 8 * most_down);
    frame.components_.push_back({byte_at(content, at), byte_at(content, at + 2),
                                 static_cast<std::uint8_t>(sampling(i) >> 4U),
                                 static_cast<std::uint8_t>(sampling(i) & 15U), columns * rows});
  }
  frame.reached_.resize(count);
  for (auto& component : frame.reached_) {
    component.fill(kNothing);
  }
  return frame;
}

std::optional<JpegScan> JpegScans::read(std::string_view content) const {
  const std::size_t count = byte_at(content, 0);
  if (count == 0 || count > 4 || content.size() != 4 + 2 * count) {
    return std::nullopt;
  }
  JpegScan scan;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t id = byte_at(content, 1 + 2 * i);
    const std::uint8_t tables = byte_at(content, 2 + 2 * i);
    const auto found = std::find_if(components_.begin(), components_.end(),
                                    [id](const JpegComponent& c) { return c.id == id; });
    const auto index = static_cast<std::size_t>(found - components_.begin());
    const bool is_repeated =
        std::any_of(scan.parts.begin(), scan.parts.end(),
                    [index](const JpegScanPart& part) { return part.component == index; });
    if (found == components_.end() || is_repeated) {
      return std::nullopt;
    }
    scan.parts.push_back(
        {index, static_cast<std::uint8_t>(tables >> 4U), static_cast<std::uint8_t>(tables & 15U)});
  }
  scan.first = byte_at(content, 1 + 2 * count);
  scan.last = byte_at(content, 2 + 2 * count);
  scan.high = byte_at(content, 3 + 2 * count) >> 4U;
  scan.low = byte_at(content, 3 + 2 * count) & 15U;
  if (!is_progressive_) {
    // Decoders ignore what a sequential scan says here (T.81, table B.3: 0, 63, 0, 0).
    scan.first = 0;
    scan.last = kCoefficients - 1;
    scan.high = 0;
    scan.low = 0;
  }
  const bool is_band = scan.first <= scan.last && scan.last < kCoefficients;
  return is_band ? std::optional(scan) : std::nullopt;
}

bool JpegScans::is_new(const JpegScan& scan) const {
  const std::uint8_t expected = scan.high == 0 ? kNothing : scan.high;
  return std::all_of(scan.parts.begin(), scan.parts.end(), [&](const JpegScanPart& part) {
    const auto& reached = reached_[part.component];
    return std::all_of(reached.begin() + scan.first, reached.begin() + scan.last + 1,
                       [&](std::uint8_t bit) { return bit == expected; });
  });
}

bool JpegScans::add(const JpegScan& scan) {
  if (!is_new(scan)) {
    return false;
  }
  for (const JpegScanPart& part : scan.parts) {
    auto& reached = reached_[part.component];
    std::fill(reached.begin() + scan.first, reached.begin() + scan.last + 1, scan.low);
  }
  return true;
}

std::uint64_t JpegScans::blocks(const JpegScan& scan) const {
  std::uint64_t sum = 0;
  for (const JpegScanPart& part : scan.parts) {
    sum += components_[part.component].blocks;
  }
  return sum;
}

}  // namespace sightingd
