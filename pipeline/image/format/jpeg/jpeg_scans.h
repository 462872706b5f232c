#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sightingd {

/// One component of a JPEG frame: luma, chroma, an ink (ITU-T T.81, B.2.2).
struct JpegComponent {
  std::uint8_t id = 0;
  std::uint8_t quantisation = 0;  ///< Which table.
  std::uint8_t across = 1;        ///< Sampling factors, 1 to 4.
  std::uint8_t down = 1;
  std::uint64_t blocks = 0;  ///< 8x8 blocks that it has.
};

/// One component's part in a scan (T.81, B.2.3).
struct JpegScanPart {
  std::size_t component = 0;  ///< Index into the frame's.
  std::uint8_t dc_table = 0;
  std::uint8_t ac_table = 0;
};

/// What the header of a scan says.
struct JpegScan {
  std::vector<JpegScanPart> parts;
  std::uint8_t first = 0;  ///< Ss: the first coefficient.
  std::uint8_t last = 0;   ///< Se
  std::uint8_t high = 0;   ///< Ah: the bit that an earlier scan reached; 0 in a first scan.
  std::uint8_t low = 0;    ///< Al: the bit that this scan reaches.
};

/// Keeps what the scans of a frame have coded, so that one which codes nothing new is known: no
/// decoder needs it, and it may hold anything.
class JpegScans {
 public:
  /// Reads the content of a frame segment whose `code` is SOF0, 1, 2, 9 or 10. Nothing when its
  /// size, its sides or its sampling make no sense.
  static std::optional<JpegScans> of_frame(std::uint8_t code, std::string_view content);

  std::uint32_t width() const { return width_; }
  std::uint32_t height() const { return height_; }
  bool is_progressive() const { return is_progressive_; }
  bool is_arithmetic() const { return is_arithmetic_; }
  const std::vector<JpegComponent>& components() const { return components_; }

  /// Reads the content of a scan's header. Nothing when it makes no sense in this frame.
  std::optional<JpegScan> read(std::string_view content) const;

  /// Whether the scan codes what no earlier one did: in a sequential frame each component once,
  /// in a progressive one each bit of each coefficient once and in order (T.81, G.1.1.1). If so
  /// it counts as coded.
  bool add(const JpegScan& scan);

  /// Blocks that a decoder visits for the scan.
  std::uint64_t blocks(const JpegScan& scan) const;

 private:
  static constexpr std::size_t kCoefficients = 64;
  static constexpr std::uint8_t kNothing = 0xff;

  JpegScans() = default;
  bool is_new(const JpegScan& scan) const;

  std::uint32_t width_ = 0;
  std::uint32_t height_ = 0;
  bool is_progressive_ = false;
  bool is_arithmetic_ = false;
  std::vector<JpegComponent> components_;
  /// For each component, the lowest bit of each coefficient that was coded.
  std::vector<std::array<std::uint8_t, kCoefficients>> reached_;
};

}  // namespace sightingd
